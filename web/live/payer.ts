// Who pays: the user, or a team of theirs. It is where submissions are charged, and whose work lists show.

import type { Mine } from "@mediaforge/client";
import { useSyncExternalStore } from "react";
import { reading } from "./listen";
import { currentUid, useUid } from "./session";
import { createStores, type Live, useLive } from "./store";

export type { Mine, Role } from "@mediaforge/client";

const KEY = "mf-pays";
const listeners = new Set<() => void>();

export interface Payer {
  /** The key of what belongs to the payer: their account's id. */
  readonly accountId: string;
  readonly uid: string;
  /** The team that pays; undefined: the user does. */
  readonly teamId: string | undefined;
}

function chosen(): string | undefined {
  const [uid, teamId] = (localStorage.getItem(KEY) ?? "").split(" ");
  return uid && uid === currentUid() ? teamId : undefined;
}

/** Chooses who pays, in every tab. Undefined: the user. */
export function choosePayer(teamId: string | undefined): void {
  const uid = currentUid();
  if (teamId && uid) localStorage.setItem(KEY, `${uid} ${teamId}`);
  else localStorage.removeItem(KEY);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("storage", listener); // another tab has chosen
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", listener);
  };
}

/** Who pays; undefined while nobody is signed in. */
export function usePayer(): Payer | undefined {
  const uid = useUid();
  const teamId = useSyncExternalStore(subscribe, chosen, () => undefined);
  return uid ? payerOf(uid, teamId) : undefined;
}

export function currentPayer(): Payer | undefined {
  const uid = currentUid();
  return uid ? payerOf(uid, chosen()) : undefined;
}

function payerOf(uid: string, teamId: string | undefined): Payer {
  return { uid, teamId, accountId: teamId ? `team_${teamId}` : `user_${uid}` };
}

const teams = createStores<readonly Mine[]>(() =>
  reading(async (mf) => {
    const mine = await mf.teams();
    const teamId = chosen();
    // Who has left a team, or was removed, pays for themselves again.
    if (teamId && !mine.some(({ id }) => id === teamId)) choosePayer(undefined);
    return mine;
  }),
);

/** The teams that the user is in, each with their role there. Read when it is first asked for. */
export function useTeams(): Live<readonly Mine[]> {
  const uid = useUid();
  return useLive(uid ? teams(uid) : undefined);
}

/** After one was made, joined or left. */
export function readTeamsAgain(): void {
  const uid = currentUid();
  if (uid) teams(uid).reopen();
}

/** What the user may do for who pays: `viewer` looks on. Undefined while it is not known. */
export function useRole(): Mine["role"] | undefined {
  const payer = usePayer();
  const { value } = useTeams();
  if (!payer) return undefined;
  return payer.teamId ? value?.find(({ id }) => id === payer.teamId)?.role : "owner";
}
