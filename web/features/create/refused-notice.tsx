"use client";
import Link from "next/link";
import { type Entry, forget } from "@/kept/unsent";
import { choosePayer } from "@/live/payer";
import { submit } from "@/live/submit";
import { Button } from "@/parts/button";
import { moment } from "@/parts/clock";
import { Notice } from "@/parts/notice";
import { create as words } from "@/words/create";
import { refusal } from "@/words/en";
import { changeDraft } from "./use-draft";
import type { Form } from "./use-form";

/** Why the last request was refused, and what helps. */
export function RefusedNotice({ entry, form }: { readonly entry: Entry; readonly form: Form }) {
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
