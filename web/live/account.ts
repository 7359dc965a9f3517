import type { Account } from "@mediaforge/client";
import { listening } from "./listen";
import { usePayer } from "./payer";
import { createStores, type Live, useLive } from "./store";

export type { Account } from "@mediaforge/client";

/** `null`: there is none yet; it comes with the first accepted request. */
const accounts = createStores<Account | null>((accountId) => {
  const teamId = accountId.startsWith("team_") ? accountId.slice(5) : undefined;
  return listening((mf, next, fail) => mf.watchAccount((found) => next(found ?? null), fail, { teamId }));
});

/** The account of who pays. */
export function useAccount(): Live<Account | null> {
  const payer = usePayer();
  return useLive(payer && accounts(payer.accountId));
}

/** The account of a team of the user's, whoever pays. */
export function useTeamAccount(teamId: string | undefined): Live<Account | null> {
  return useLive(teamId ? accounts(`team_${teamId}`) : undefined);
}
