import { keep } from "@/kept/unsent";
import { againOf } from "@/live/again";
import { mediaForge } from "@/live/client";
import { type Generation, kindOf } from "@/live/generation";
import { priceOf } from "./request";

/**
 * Sends the same settings again, so many, each with a new seed; for whoever paid. If the price is not the one
 * that was shown, the backend refuses it.
 */
export async function sendAgain(generation: Generation, wanted: number, uid: string): Promise<void> {
  const kind = kindOf(generation) === "video" ? "video" : "image";
  const price = priceOf(generation, wanted);
  await keep({
    requestId: crypto.randomUUID(),
    uid,
    kind,
    payload: { ...againOf(generation, wanted), ...(price !== undefined && { estimatedCredits: price }) },
    accountId: generation.teamId ? `team_${generation.teamId}` : `user_${uid}`,
    at: Date.now(),
  });
}

/** Repeats a failed or cancelled job; the path of the new one. Asked again, it is the same one. */
export async function retry({ fileUid }: Generation): Promise<string | undefined> {
  const answer = await (await mediaForge()).controlJob({ jobId: fileUid, action: "retry" });
  return "path" in answer ? answer.path : undefined;
}
