// The newest work of who pays: what is being sent, what is open, what has ended. No query listens for it all:
// it is one page, the open jobs, and what has left them.
import { useEffect, useMemo } from "react";
import { type Entry, forget, isSafeToSend, useUnsent } from "@/kept/unsent";
import type { Generation } from "./generation";
import { useEnded, useOpenJobs } from "./jobs";
import { reading } from "./listen";
import { usePayer } from "./payer";
import { createStores, type Failure, onWake, useLive } from "./store";

const PAGE = 24;

const newest = createStores<readonly Generation[]>((accountId) =>
  reading(async (mf) => {
    const teamId = accountId.startsWith("team_") ? accountId.slice(5) : null;
    const { items } = await mf.searchGenerations({ limit: PAGE, teamId });
    return items.filter((item) => item.accountId === accountId && !item.batchId);
  }),
);

/** One submission: before its answer it has an entry, then a generation. The key stays the same. */
export interface Sent {
  readonly key: string;
  readonly entry: Entry | undefined;
  readonly generation: Generation | undefined;
}

export interface Feed {
  readonly items: readonly Sent[];
  /** Whether the first page has come. */
  readonly isLoaded: boolean;
  readonly error: Failure | undefined;
}

const NONE: readonly Generation[] = [];

export function useFeed(): Feed {
  const payer = usePayer();
  const first = useLive(payer && newest(payer.accountId));
  const open = useOpenJobs().value ?? NONE;
  const ended = useEnded();
  const entries = useUnsent();
  const accountId = payer?.accountId;
  const items = useMemo(
    () =>
      merged(
        [first.value ?? NONE, open, ended],
        entries.filter((each) => each.accountId === accountId),
      ),
    [first.value, open, ended, entries, accountId],
  );
  useEffect(() => onWake(() => accountId && newest(accountId).reopen()), [accountId]);
  useEffect(() => {
    for (const { entry, generation } of items) if (entry?.path && generation) void forget(entry);
  }, [items]);
  return { items, isLoaded: first.value !== undefined, error: first.error };
}

/**
 * When each of this page's submissions was pressed, in ms. It keeps the place that it has from then on, whatever is
 * answered first.
 */
const pressed = new Map<string, number>();

/** Later lists know better than earlier ones. Newest first; a refused entry is no work. */
export function merged(lists: readonly (readonly Generation[])[], entries: readonly Entry[]): Sent[] {
  for (const { requestId, at } of entries) pressed.set(requestId, at);
  const found = new Map<string, Generation>();
  for (const list of lists) for (const generation of list) found.set(generation.path, generation);
  const byRequest = new Map([...found.values()].map((each) => [each.requestId ?? each.path, each]));
  const sent: Sent[] = entries
    .filter(({ refused }) => !refused)
    .map((entry) => ({ key: entry.requestId, entry, generation: byRequest.get(entry.requestId) }));
  const taken = new Set(sent.map(({ key }) => key));
  for (const [key, generation] of byRequest) {
    if (!taken.has(key)) sent.push({ key, entry: undefined, generation });
  }
  return sent.sort((a, b) => momentOf(b) - momentOf(a));
}

function momentOf({ key, entry, generation }: Sent): number {
  if (generation) return pressed.get(key) ?? Date.parse(generation.createdAt);
  // What waits for a word of the user's is seen first, however old it is.
  return entry && isSafeToSend(entry) ? entry.at : Number.POSITIVE_INFINITY;
}
