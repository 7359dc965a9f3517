import { useRouter } from "next/navigation";
import { type RefObject, useCallback, useRef, useState } from "react";
import type { Refused } from "@/kept/unsent";
import { announce } from "@/parts/live-region";
import { editorWords as words } from "@/words/batches";
import { refusal } from "@/words/en";
import type { Fault } from "./checks";
import { type Draft, isBlank } from "./draft";
import { capOf, faultsOfRefusal, nextFault, sendingOf } from "./requests";
import { newKey, type Sent, type useDraft } from "./use-draft";
import type { Editor } from "./use-editor";
import { useSending } from "./use-sending";
import { startFault } from "./when";

/** What the backend refused, as long as the draft is the one it refused. */
export interface Answer {
  readonly of: Draft;
  readonly refused: Refused;
  readonly faults: readonly Fault[];
}

interface Props {
  readonly draft: Draft;
  readonly drafting: Pick<ReturnType<typeof useDraft>, "sent" | "keepSent" | "finish">;
  readonly editor: Editor;
  readonly goTo: (fault: Fault | undefined) => void;
  readonly name: RefObject<HTMLInputElement | null>;
  readonly setAnswer: (answer: Answer) => void;
}

/** The start: with faults it goes to the first of them, and sends nothing. */
export function useStart({ draft, drafting, editor, goTo, name, setAnswer }: Props) {
  const { sent, keepSent, finish } = drafting;
  const { catalog, faults, sendable, payer, total } = editor;
  const router = useRouter();
  const [isTried, setTried] = useState(false);
  const latest = useRef({ draft, goTo, finish, keepSent });
  latest.current = { draft, goTo, finish, keepSent };

  const onAccepted = useCallback(
    (batchId: string, { places }: Sent) => {
      const { draft: now, finish: end } = latest.current;
      const left = now.rows.filter((row, at) => !places.includes(at) && !isBlank(row));
      void end(left.length ? { ...now, rows: left } : undefined).then(() =>
        router.push(`/batch?id=${batchId}`),
      );
    },
    [router],
  );
  const onRefused = useCallback(
    (why: Refused, { places }: Sent) => {
      const { draft: now, keepSent: keep, goTo: go } = latest.current;
      const { cells } = faultsOfRefusal(why.fieldErrors, places, now.columns);
      setAnswer({ of: now, refused: why, faults: cells });
      announce(refusal(why), "assertive");
      void keep(undefined).then(() => go(cells[0]));
    },
    [setAnswer],
  );
  const sending = useSending(sent, onAccepted, onRefused);

  const cap = capOf(draft);
  const errors = {
    name: draft.name.trim() ? undefined : words.nameMissing,
    cap: Number.isNaN(cap)
      ? words.capWrong
      : cap !== undefined && !faults.length && total > cap
        ? words.capTooLow(total, cap)
        : undefined,
    start: startFault(draft.scheduledAt, catalog?.limits.scheduleDaysMax ?? 30),
  };
  const start = () => {
    setTried(true);
    if (faults.length) {
      announce(words.attention(faults.length), "assertive");
      goTo(nextFault(faults, draft.columns));
    } else if (errors.name) name.current?.focus();
    else if (!errors.cap && !errors.start && sendable) {
      const { request, places } = sendingOf(draft, sendable, payer?.teamId);
      void keepSent({ request: { ...request, requestId: newKey() }, places });
    }
  };
  return { sending, errors, isTried, start };
}
