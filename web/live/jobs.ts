import { type Generation, generationOf } from "./generation";
import { listening } from "./listen";
import { usePayer } from "./payer";
import { createStores, type Live, type Store, useLive } from "./store";

/** The open jobs of an account that are not rows of batches, newest first. */
const jobs = createStores<readonly Generation[]>(
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

export function openJobsOf(accountId: string): Store<readonly Generation[]> {
  return jobs(accountId);
}

/** The open jobs of who pays. */
export function useOpenJobs(): Live<readonly Generation[]> {
  const payer = usePayer();
  return useLive(payer && jobs(payer.accountId));
}
