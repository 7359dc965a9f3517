// Who is in a team, and who is invited to it.
import type { Invite, Listed, Member } from "@mediaforge/client";
import { listening } from "./listen";
import { createStores, type Live, useLive } from "./store";

export type { DailyLimits, MemberLimits } from "@mediaforge/client";
export type ListedMember = Listed<Member>;
export type ListedInvite = Listed<Invite>;

const members = createStores<readonly ListedMember[]>((teamId) =>
  listening((mf, next, fail) => mf.watchMembers(teamId, next, fail)),
);
const invites = createStores<readonly ListedInvite[]>((teamId) =>
  listening((mf, next, fail) => mf.watchInvites(teamId, next, fail)),
);

export function useMembers(teamId: string | undefined): Live<readonly ListedMember[]> {
  return useLive(teamId ? members(teamId) : undefined);
}

/** The open invitations. Only owners may read them: undefined for everybody else. */
export function useInvites(teamId: string | undefined): Live<readonly ListedInvite[]> {
  return useLive(teamId ? invites(teamId) : undefined);
}

export function readMembersAgain(teamId: string): void {
  members(teamId).reopen();
}
