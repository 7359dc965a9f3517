import { mediaForge } from "@/live/client";
import { type Mine, readTeamsAgain } from "@/live/payer";

/** Answers the role that the code gives. */
export async function join(teamId: string, code: string): Promise<Mine["role"]> {
  const answer = await (await mediaForge()).controlTeam({ teamId, action: "accept", code });
  readTeamsAgain();
  return "role" in answer ? answer.role : "viewer";
}
