// The jobs that have ended while this page was open.
import { type Generation, isOpen } from "./generation";
import { openJobsOf } from "./jobs";
import { leaving } from "./leaving";
import { usePayer } from "./payer";
import { createStores, type Live, useLive } from "./store";
import { readView } from "./view";

const lookers = new Map<string, (path: string) => void>();

const ended = createStores<readonly Generation[]>((accountId) =>
  leaving(openJobsOf(accountId), { keyOf: ({ path }) => path, read: readView, isOpen }, (look) => {
    if (look) lookers.set(accountId, look);
    else lookers.delete(accountId);
  }),
);

/** The jobs of who pays that have ended since this page was opened, last ended first. */
export function useEnded(): Live<readonly Generation[]> {
  const payer = usePayer();
  return useLive(payer && ended(payer.accountId));
}

/** A job was accepted, and may have ended before the list of open ones was told of it. */
export function lookAt(accountId: string, path: string): void {
  lookers.get(accountId)?.(path);
}
