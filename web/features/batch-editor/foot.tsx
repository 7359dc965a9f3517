import { Button } from "@/parts/button";
import { Field } from "@/parts/field";
import { editorWords as words } from "@/words/batches";
import type { Draft } from "./draft";
import type { Editor } from "./use-editor";
import type { Sending } from "./use-sending";

interface Props {
  readonly draft: Draft;
  readonly editor: Editor;
  readonly sending: Sending;
  readonly isOnline: boolean;
  readonly errors: { readonly cap: string | undefined; readonly start: string | undefined };
  readonly change: (how: (draft: Draft) => Draft) => void;
  readonly onNext: () => void;
  readonly onStart: () => void;
}

/** What is wrong, the cap and the time, and the one button that spends. */
export function Foot({ draft, editor, sending, isOnline, errors, change, ...on }: Props) {
  const { faults, sendable, total, isAsking, estimate, isViewer } = editor;
  const rows = sendable?.rows.length ?? 0;
  const price = rows && !faults.length ? total : undefined;
  return (
    <footer className="sticky bottom-0 z-30 -mx-4 flex flex-wrap items-end gap-x-4 gap-y-2 border-line border-t bg-bg px-4 py-3">
      <div className="flex min-h-8 items-center gap-2 text-control" aria-live="off">
        {faults.length > 0 && (
          <>
            <span className="text-bad">{words.attention(faults.length)}</span>
            <Button look="link" onClick={on.onNext}>
              {words.next}
            </Button>
          </>
        )}
        {!faults.length && rows > 0 && (
          <span className="text-text3">
            {!isOnline && estimate.asOf
              ? words.offline(time(estimate.asOf))
              : isAsking
                ? words.estimating
                : ""}
          </span>
        )}
      </div>
      <span className="grow" />
      <Field
        label={words.cap}
        inputMode="numeric"
        className="w-28"
        placeholder={words.capHint}
        value={draft.maxCredits}
        error={errors.cap}
        onChange={(event) => {
          const maxCredits = event.target.value;
          change((before) => ({ ...before, maxCredits }));
        }}
      />
      <Field
        label={words.startAt}
        type="datetime-local"
        className="w-52"
        value={draft.scheduledAt}
        error={errors.start}
        onChange={(event) => {
          const scheduledAt = event.target.value;
          change((before) => ({ ...before, scheduledAt }));
        }}
      />
      {sending === "no" ? (
        <Button
          look="primary"
          aria-label={words.startName(rows, price)}
          unavailable={isViewer ? words.viewer : rows ? undefined : words.nothingToStart}
          onClick={on.onStart}
          className="min-w-48"
        >
          {words.startRows(rows)}
          <span className="min-w-14 text-end font-normal tabular-nums">
            {price === undefined ? "" : words.price(price)}
          </span>
        </Button>
      ) : (
        <div className="flex min-h-8 items-center gap-2 text-control text-text2" role="status">
          {sending === "waiting" ? words.keptHere : words.sending}
        </div>
      )}
    </footer>
  );
}

export const time = (ms: number): string =>
  new Date(ms).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
