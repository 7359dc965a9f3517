import type { ControlTeamRequest, MemberLimits, Role } from "@mediaforge/client";
import { mediaForge } from "@/live/client";
import { readTeamsAgain } from "@/live/payer";

/** Answers the team's id. The same `requestId` again is the same team. */
export async function create(name: string, requestId: string): Promise<string> {
  const { teamId } = await (await mediaForge()).createTeam({ name, requestId });
  readTeamsAgain();
  return teamId;
}

/** Answers the code, which is said this once. */
export async function invite(teamId: string, role: Role, boundTo: string): Promise<string> {
  const mf = await mediaForge();
  const answer = await mf.controlTeam({ teamId, action: "invite", role, ...(boundTo && { boundTo }) });
  return "code" in answer ? answer.code : "";
}

export const revoke = (teamId: string, inviteId: string) =>
  control({ teamId, action: "revokeInvite", inviteId });

export const setRole = (teamId: string, uid: string, role: Role) =>
  control({ teamId, action: "setMember", uid, role });

/** All limits of the member: what is not in them has no limit any more. */
export const setLimits = (teamId: string, uid: string, limits: MemberLimits) =>
  control({ teamId, action: "setMember", uid, limits });

export const remove = (teamId: string, uid: string) => control({ teamId, action: "remove", uid });

async function control(request: ControlTeamRequest): Promise<void> {
  await (await mediaForge()).controlTeam(request);
  readTeamsAgain(); // one's own role may be another one now
}
