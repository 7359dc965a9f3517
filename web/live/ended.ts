// What has ended while this page was open. A job that leaves the list of open ones is read once, because the list
// does not say how it ended.
import { type Generation, isOpen } from "./generation";
import { openJobsOf } from "./jobs";
import { usePayer } from "./payer";
import { createStores, type Live, type Open, useLive } from "./store";
import { readView } from "./view";

const MAX = 100;
const lookers = new Map<string, (path: string) => void>();

const ended = createStores<readonly Generation[]>(
  (accountId): Open<readonly Generation[]> =>
    (next, _fail, done) => {
      done(); // the open jobs listen, not this
      const jobs = openJobsOf(accountId);
      let all: readonly Generation[] = [];
      let before = new Set<string>();
      let isOver = false;
      const look = (path: string) => {
        readView(path).then(
          (view) => {
            if (isOver || isOpen(view) || all.some((each) => each.path === path)) return;
            all = [view, ...all].slice(0, MAX);
            next(all);
          },
          () => {}, // deleted meanwhile
        );
      };
      lookers.set(accountId, look);
      const stop = jobs.subscribe(() => {
        const { value } = jobs.read();
        if (!value) return;
        const now = new Set(value.map(({ path }) => path));
        for (const path of before) if (!now.has(path)) look(path);
        before = now;
      });
      next(all);
      return () => {
        isOver = true;
        lookers.delete(accountId);
        stop();
      };
    },
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
