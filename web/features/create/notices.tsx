"use client";
// What is said under the bar: what had to change, what would save, why the last request was refused.
import Link from "next/link";
import { handRows } from "@/kept/handed";
import { useUnsent } from "@/kept/unsent";
import { choosePayer } from "@/live/payer";
import { Button } from "@/parts/button";
import { Notice } from "@/parts/notice";
import { create as words } from "@/words/create";
import { app } from "@/words/en";
import type { Draft } from "./draft";
import { EndNotice } from "./end-notice";
import type { Lost } from "./fitting";
import { clearLeftOut, useLeftOut } from "./left-out-said";
import { linesOf } from "./lines";
import { RefusedNotice } from "./refused-notice";
import { changeOf } from "./suggestion";
import { TierNotice } from "./tier-notice";
import { changeDraft } from "./use-draft";
import type { Form } from "./use-form";

export interface Fitted {
  readonly lost: readonly Lost[];
  readonly before: Draft;
}

interface Props {
  readonly form: Form;
  readonly changed: Fitted | undefined;
  readonly onSettled: () => void;
  readonly lacking: string;
  readonly rows: string;
  readonly onRowsDone: () => void;
}

export function BarNotices({ form, changed, onSettled, lacking, rows, onRowsDone }: Props) {
  const { draft, estimate, role } = form;
  const refused = useUnsent().filter((entry) => entry.refused);
  const suggestion = estimate?.suggestion;
  const leftOut = useLeftOut();
  return (
    <div className="flex min-h-9 flex-col">
      {role === "viewer" && (
        <Notice
          actions={
            <Button look="link" onClick={() => choosePayer(undefined)}>
              {words.payPersonally}
            </Button>
          }
        >
          {words.viewer}
        </Notice>
      )}
      {lacking && <Notice tone="bad">{lacking}</Notice>}
      <TierNotice form={form} />
      <EndNotice form={form} />
      {leftOut.map((sentence) => (
        <Notice
          key={sentence}
          actions={
            <Button look="link" onClick={clearLeftOut}>
              {words.dismiss}
            </Button>
          }
        >
          {sentence}
        </Notice>
      ))}
      {refused.map((entry) => (
        <RefusedNotice key={entry.requestId} entry={entry} form={form} />
      ))}
      {changed && (
        <Notice
          actions={
            <Button
              look="link"
              onClick={() => {
                changeDraft(() => changed.before);
                onSettled();
              }}
            >
              {app.undo}
            </Button>
          }
        >
          {words.changed(changed.lost.map((each) => words.lost[each]).join(", "))}
        </Notice>
      )}
      {rows && (
        <Notice
          actions={
            <Link
              href="/batches/new"
              onClick={() => {
                handRows(rows);
                onRowsDone();
              }}
              className="font-medium text-accent-text hover:underline"
            >
              {words.rows(linesOf(rows))}
            </Link>
          }
        >
          {words.rowsKept}
        </Notice>
      )}
      {estimate?.isReusable && !draft.reuse && (
        <Notice
          actions={
            <Button look="link" onClick={() => changeDraft({ reuse: true })}>
              {words.showIt}
            </Button>
          }
        >
          {words.madeBefore}
        </Notice>
      )}
      {suggestion && !estimate?.isReusable && refused.length === 0 && (
        <Notice
          actions={
            <Button look="link" onClick={() => changeDraft(changeOf(suggestion.change ?? {}))}>
              {words.apply}
            </Button>
          }
        >
          {suggestion.message}
        </Notice>
      )}
    </div>
  );
}
