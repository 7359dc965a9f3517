import { mediaForge } from "@/live/client";
import type { Generation } from "@/live/generation";
import type { Side } from "./pair";

export type Choice = "left" | "right" | "tie";

/**
 * Stores a comparison and answers its id. Of two of one team its members read it, of two of one batch
 * that batch's readers; else its writer alone.
 */
export async function store(
  sides: { readonly left: Side; readonly right: Side },
  views: { readonly left: Generation; readonly right: Generation },
): Promise<string> {
  const { left, right } = views;
  const teamId = left.teamId === right.teamId ? left.teamId : null;
  const batchId = left.batchId === right.batchId ? left.batchId : null;
  const mf = await mediaForge();
  return mf.comparisons.add({
    left: sides.left.path,
    right: sides.right.path,
    ...(sides.left.picture !== undefined && { left_asset: sides.left.picture }),
    ...(sides.right.picture !== undefined && { right_asset: sides.right.picture }),
    ...(teamId ? { team_id: teamId } : batchId ? { batch_id: batchId } : {}),
  });
}

export async function vote(id: string, choice: Choice): Promise<void> {
  await (await mediaForge()).comparisons.vote(id, choice);
}

export async function note(id: string, text: string): Promise<void> {
  await (await mediaForge()).comparisons.note(id, text);
}
