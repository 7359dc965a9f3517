// The jobs of who pays that are no rows of batches: those that are open, and those that have ended while this page
// was open. Each of them is in one of the two lists.
import { useMemo } from "react";
import { type Generation, generationOf, isOpen } from "./generation";
import { type Left, leaving } from "./leaving";
import { listening } from "./listen";
import { usePayer } from "./payer";
import { createStores, type Live, useLive } from "./store";
import { readView } from "./view";

const listed = createStores<readonly Generation[]>(
  (accountId) => {
    const teamId = accountId.startsWith("team_") ? accountId.slice(5) : undefined;
    return listening((mf, next, fail) =>
      mf.watchOpenJobs(
        (found) => {
          const own = found.filter((job) => job.account_id === accountId);
          next(own.map(generationOf));
        },
        fail,
        { teamId, isSingle: true },
      ),
    );
  },
  (found) => found.length > 0,
);

const lookers = new Map<string, (path: string) => void>();

const left = createStores<Left<Generation>>((accountId) =>
  leaving(listed(accountId), { keyOf: ({ path }) => path, read: readView, isOpen }, (look) => {
    if (look) lookers.set(accountId, look);
    else lookers.delete(accountId);
  }),
);

const NONE: readonly Generation[] = [];

/** The open jobs, newest first. One that has ended is among them until it is known how. */
export function useOpenJobs(): Live<readonly Generation[]> {
  const accountId = usePayer()?.accountId;
  const list = useLive(accountId ? listed(accountId) : undefined);
  const { ending = NONE } = useLive(accountId ? left(accountId) : undefined).value ?? {};
  return useMemo(() => ({ ...list, value: list.value && together(list.value, ending) }), [list, ending]);
}

/** The jobs that have ended since this page was opened, last ended first. */
export function useEnded(): readonly Generation[] {
  const payer = usePayer();
  return useLive(payer && left(payer.accountId)).value?.ended ?? NONE;
}

/** A job was accepted, and may have ended before the list of open ones was told of it. */
export function lookAt(accountId: string, path: string): void {
  lookers.get(accountId)?.(path);
}

/** Each at the place that its time gives it. What is listed is known better. */
export function together(list: readonly Generation[], ending: readonly Generation[]): readonly Generation[] {
  const there = new Set(list.map(({ path }) => path));
  const others = ending.filter(({ path }) => !there.has(path));
  if (others.length === 0) return list;
  return [...list, ...others].sort((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt));
}
