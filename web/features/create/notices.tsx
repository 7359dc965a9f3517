"use client";
// What is said under the bar: what had to change, what would save, why the last request was refused.
import Link from "next/link";
import { type Entry, forget, useUnsent } from "@/kept/unsent";
import { choosePayer } from "@/live/payer";
import { submit } from "@/live/submit";
import { Button } from "@/parts/button";
import { moment } from "@/parts/clock";
import { Notice } from "@/parts/notice";
import { create as words } from "@/words/create";
import { app, refusal } from "@/words/en";
import type { Fitted } from "./bar-form";
import { changeDraft } from "./use-draft";
import type { Form } from "./use-form";

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
                sessionStorage.setItem("mf-paste", rows);
                onRowsDone();
              }}
              className="font-medium text-accent-text hover:underline"
            >
              {words.rows(rows.trim().split("\n").length)}
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

/** What a suggestion changes, in the draft's words. */
function changeOf(change: Readonly<Record<string, unknown>>) {
  const known = [
    "model",
    "aspectRatio",
    "count",
    "durationSeconds",
    "fps",
    "generateAudio",
    "reuse",
    "styleId",
  ];
  const same = Object.entries(change).filter(([name]) => known.includes(name));
  return {
    ...Object.fromEntries(same.map(([name, value]) => [name, value ?? undefined])),
    ...("resolution" in change || "width" in change
      ? { size: (change.resolution as string) ?? undefined }
      : {}),
    ...("count" in change && change.count === null ? { count: 1 } : {}),
  };
}

function RefusedNotice({ entry, form }: { readonly entry: Entry; readonly form: Form }) {
  const { catalog } = form;
  const { refused } = entry;
  if (!refused) return null;
  const { reason, details } = refused;
  const names = {
    model: (id: string) => catalog?.models.find((model) => model.id === id)?.title ?? id,
    time: moment,
  };
  const close = () => void forget(entry);
  const then = (label: string, act: () => void) => (
    <Button
      look="link"
      onClick={() => {
        act();
        close();
      }}
    >
      {label}
    </Button>
  );
  const usual = catalog?.defaults[entry.kind];
  const { resetsAt, models } = (details ?? {}) as { resetsAt?: string; models?: readonly string[] };
  return (
    <Notice
      tone="bad"
      actions={
        <>
          {reason === "insufficient-credits" && catalog?.purchases && (
            <Link href="/account?tab=balance" className="font-medium text-accent-text hover:underline">
              {words.buy}
            </Link>
          )}
          {(reason === "model-not-in-tier" || reason === "priority-not-in-tier") && (
            <Link href="/account" className="font-medium text-accent-text hover:underline">
              {words.tiers}
            </Link>
          )}
          {reason === "model-not-in-tier" &&
            usual &&
            models?.includes(usual) &&
            then(words.useModel(names.model(usual)), () => changeDraft({ model: undefined }))}
          {reason === "priority-not-in-tier" &&
            then(words.priorities.normal, () => changeDraft({ priority: undefined }))}
          {reason === "quota-exceeded" &&
            resetsAt &&
            then(words.scheduleThen, () => changeDraft({ scheduledAt: localOf(resetsAt) }))}
          {(reason === "not-a-member" || reason === "role-not-allowed") &&
            then(words.payPersonally, () => choosePayer(undefined))}
          {reason === "request-id-reused" &&
            form.payer &&
            then(words.sendAsNew, () => {
              if (form.payer) submit({ kind: entry.kind, payload: entry.payload, payer: form.payer });
            })}
          <Button look="quiet" onClick={close}>
            {words.dismiss}
          </Button>
        </>
      }
    >
      {refusal(refused, names)}
      {refused.fieldErrors.length > 1 && (
        <ul className="list-inside list-disc">
          {refused.fieldErrors.map(({ field, message }) => (
            <li key={field}>{message}</li>
          ))}
        </ul>
      )}
    </Notice>
  );
}

function localOf(moment: string): string {
  const at = new Date(moment);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
