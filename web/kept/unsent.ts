// What was submitted and has no answer yet. An entry is on the disk before anything is sent, so that a reload, a
// closed tab or a lost line neither loses it nor sends it twice: it is sent again under the same requestId.
import { useSyncExternalStore } from "react";
import { list, remove, write } from "./db";

/** How long the backend knows a requestId (docs/mobile.md); a day less, for clocks that are wrong. */
const REMEMBERED_MS = 29 * 24 * 3600_000;

export interface Refused {
  readonly reason: string;
  readonly message: string;
  /** The refusal with its numbers, as the contract has it. */
  readonly details: unknown;
  readonly fieldErrors: readonly { readonly field: string; readonly message: string }[];
}

export interface Entry {
  readonly requestId: string;
  readonly uid: string;
  readonly kind: "image" | "video";
  readonly payload: Readonly<Record<string, unknown>>;
  /** Who pays: an account's id. */
  readonly accountId: string;
  /** When it was pressed, in ms. */
  readonly at: number;
  /** Why it was refused. It is not sent again; it is kept until it was read. */
  readonly refused?: Refused;
  /** The job's document, once it was accepted; only in memory. */
  readonly path?: string;
}

type Listener = () => void;

let entries: readonly Entry[] = [];
let owner: string | undefined;
const listeners = new Set<Listener>();
const discarded = new Set<string>();
/** On their way to the disk: nothing of them is sent before they are there. */
const writing = new Set<string>();
/** Seen on the disk: what is not there any more was answered or dropped, maybe in another tab. */
const onDisk = new Set<string>();
const channel = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel("mf-unsent");

/** Where nothing can be kept (a private window, a full disk) the page goes on with what it has in memory. */
async function whereItCan(writing: Promise<void>): Promise<void> {
  await writing.catch(() => {});
}

function tell(now: readonly Entry[]): void {
  entries = now;
  for (const listener of listeners) listener();
}

/** All of who is signed in, oldest first. The array stays the same one until it changes. */
export function unsent(): readonly Entry[] {
  return entries;
}

export function onUnsent(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const NONE: readonly Entry[] = [];

export function useUnsent(): readonly Entry[] {
  return useSyncExternalStore(onUnsent, unsent, () => NONE);
}

/** Shows the entries of this user, and of nobody else; undefined: of nobody. */
export async function openUnsent(uid: string | undefined): Promise<void> {
  owner = uid;
  tell([]);
  if (uid) await readAgain();
}

/** What other tabs have done meanwhile. What is only in memory stays: a private window keeps nothing on a disk. */
export async function readAgain(): Promise<void> {
  const uid = owner;
  if (!uid) return;
  const kept = await list<Entry>("unsent", `${uid}/`).catch(() => undefined);
  if (!kept || uid !== owner) return;
  for (const { requestId } of kept) onDisk.add(requestId);
  const others = entries.filter(({ path, requestId }) => path || !onDisk.has(requestId));
  const fresh = kept.filter(({ requestId }) => !others.some((entry) => entry.requestId === requestId));
  tell([...others, ...fresh].sort((a, b) => a.at - b.at));
}

channel?.addEventListener("message", () => void readAgain());

/** Keeps a new submission. Resolves once it is on the disk, or cannot be: send it then, and not before. */
export async function keep(entry: Entry): Promise<void> {
  writing.add(entry.requestId);
  tell([...entries, entry]); // the tile is there at once
  await whereItCan(write("unsent", keyOf(entry), entry).then(() => void onDisk.add(entry.requestId)));
  writing.delete(entry.requestId);
  tell([...entries]);
  channel?.postMessage("kept");
}

/** The answer has come: it needs no keeping any more, and shows its job until lists have it. */
export async function answered(entry: Entry, path: string): Promise<void> {
  tell(entries.map((each) => (each.requestId === entry.requestId ? { ...each, path } : each)));
  await whereItCan(remove("unsent", keyOf(entry)));
  channel?.postMessage("answered");
}

export async function refuse(entry: Entry, refused: Refused): Promise<void> {
  const now = { ...entry, refused };
  tell(entries.map((each) => (each.requestId === entry.requestId ? now : each)));
  await whereItCan(write("unsent", keyOf(entry), now));
  channel?.postMessage("refused");
}

/** The user wants it no more. It may be on its way already: whoever sends it then cancels its job. */
export async function discard(entry: Pick<Entry, "requestId" | "uid">): Promise<void> {
  discarded.add(entry.requestId);
  await forget(entry);
}

/** Nothing is sent before it is kept. */
export function isKept(requestId: string): boolean {
  return !writing.has(requestId);
}

export function wasDiscarded(requestId: string): boolean {
  return discarded.has(requestId);
}

/** It was read as refused, or lists show its job. */
export async function forget({ requestId, uid }: Pick<Entry, "requestId" | "uid">): Promise<void> {
  tell(entries.filter((each) => each.requestId !== requestId));
  await whereItCan(remove("unsent", keyOf({ requestId, uid })));
  channel?.postMessage("forgotten");
}

/** Whether sending it again can make nothing twice. */
export function isSafeToSend(entry: Entry, now: number = Date.now()): boolean {
  return now - entry.at < REMEMBERED_MS;
}

function keyOf({ uid, requestId }: Pick<Entry, "requestId" | "uid">): string {
  return `${uid}/${requestId}`;
}
