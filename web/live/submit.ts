// The one way in which pictures and videos are asked for: kept first, then sent by live/sender.
import { type Entry, forget, keep } from "@/kept/unsent";
import type { Payer } from "./payer";

/** Two presses of the same within this time are one: a double click, a key held down. */
const SAME_PRESS_MS = 600;
let last: { readonly what: string; readonly at: number } | undefined;

interface Asked {
  readonly kind: "image" | "video";
  readonly payload: Readonly<Record<string, unknown>>;
  readonly payer: Payer;
}

/** Answers the new requestId; undefined where it was the same press as the one before. */
export function submit({ kind, payload, payer }: Asked): string | undefined {
  const at = Date.now();
  const what = JSON.stringify([kind, payload, payer.accountId]);
  if (last?.what === what && at - last.at < SAME_PRESS_MS) {
    last = { what, at };
    return undefined;
  }
  last = { what, at };
  const requestId = newRequestId();
  void keep({ requestId, uid: payer.uid, kind, payload, accountId: payer.accountId, at });
  return requestId;
}

const sentAnew = new Set<string>();

/**
 * Sends what had no answer for longer than its requestId is remembered: as a new submission. Kept before the old one
 * goes, so that a page that is closed between the two still has it.
 */
export async function sendAnew(entry: Entry): Promise<void> {
  if (sentAnew.has(entry.requestId)) return; // a double press
  sentAnew.add(entry.requestId);
  await keep({ ...entry, requestId: newRequestId(), at: Date.now() });
  await forget(entry);
}

/** 128 random bits. (`randomUUID` is not on pages without https.) */
export function newRequestId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
