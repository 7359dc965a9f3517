// Deletions that may still be undone. The call goes out once the user had the time for it. Until then
// each is kept in this browser: after a reload it can still be undone.
import { useSyncExternalStore } from "react";
import * as kept from "@/kept/db";
import { jobIdOf } from "@/parts/generation-address";
import { mediaForge } from "./client";
import { removeFound } from "./found";
import { currentUid, onSession } from "./session";
import { type Failure, failureOf } from "./store";

export interface Deletion {
  readonly id: string;
  readonly uid: string;
  readonly paths: readonly string[];
}

interface State {
  /** Newest last. */
  readonly waiting: readonly Deletion[];
  /** All their paths, and those of calls on their way: lists do not show them. */
  readonly hidden: ReadonlySet<string>;
}

const NOTHING: State = { waiting: [], hidden: new Set() };
let now = NOTHING;
let sending: readonly Deletion[] = [];
const listeners = new Set<() => void>();

let owner: string | undefined;
onSession(() => {
  const uid = currentUid();
  if (uid === owner) return; // the same one, perhaps with another name
  owner = uid;
  sending = [];
  tell([]);
  if (uid) void readKept(uid);
});

function tell(waiting: readonly Deletion[]): void {
  now = { waiting, hidden: new Set([...waiting, ...sending].flatMap(({ paths }) => paths)) };
  for (const listener of listeners) listener();
}

async function readKept(uid: string): Promise<void> {
  const before = await kept.list<Deletion>("deletes", `${uid}/`).catch(() => []);
  const isNew = ({ id }: Deletion) => !now.waiting.some((each) => each.id === id);
  if (currentUid() === uid) tell([...before.filter(isNew), ...now.waiting]);
}

export function useDeletions(): State {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => now,
    () => NOTHING,
  );
}

/** Hides them at once. Nothing is deleted before `commit`. */
export function beginDeletion(paths: readonly string[]): void {
  const uid = currentUid();
  if (!uid || paths.length === 0) return;
  const deletion = { id: crypto.randomUUID(), uid, paths };
  tell([...now.waiting, deletion]);
  kept.write("deletes", keyOf(deletion), deletion).catch(() => undefined);
}

export function lastDeletion(): Deletion | undefined {
  return now.waiting.at(-1);
}

/** Answers whether it could still be undone. */
export function undoDeletion(id: string): boolean {
  const deletion = now.waiting.find((each) => each.id === id);
  if (!deletion) return false;
  tell(now.waiting.filter((each) => each !== deletion));
  forget(deletion);
  return true;
}

/**
 * Deletes them. Answers why not, where it was refused: then they are shown again. Without a line they stay
 * hidden, and it may be committed again.
 */
export async function commitDeletion(id: string): Promise<Failure | undefined> {
  const deletion = now.waiting.find((each) => each.id === id);
  if (!deletion) return undefined;
  sending = [...sending, deletion];
  tell(now.waiting.filter((each) => each !== deletion));
  let failure: Failure | undefined;
  try {
    await (await mediaForge()).deleteGeneration({ jobIds: deletion.paths.map(jobIdOf) });
    removeFound(new Set(deletion.paths));
  } catch (error) {
    failure = failureOf(error);
  }
  sending = sending.filter((each) => each !== deletion);
  const isLost = failure?.reason === "network"; // deleted again, nothing changes
  if (!isLost) forget(deletion);
  if (currentUid() === deletion.uid) tell(isLost ? [...now.waiting, deletion] : now.waiting);
  return failure;
}

function forget(deletion: Deletion): void {
  kept.remove("deletes", keyOf(deletion)).catch(() => undefined);
}

function keyOf({ uid, id }: Deletion): string {
  return `${uid}/${id}`;
}
