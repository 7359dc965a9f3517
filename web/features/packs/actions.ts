import { mediaForge } from "@/live/client";
import type { PackReference } from "@/live/packs";
import { newRequestId } from "@/live/submit";
import { untilChecked } from "@/live/uploads";

/** Copies a pack's pictures into the user's own uploads, so that a pack of theirs may name them. */
export async function copyPictures(packId: string): Promise<readonly PackReference[]> {
  const mf = await mediaForge();
  const { references } = await mf.copyPack({ packId, requestId: newRequestId() });
  await untilChecked(references.map(({ path }) => path));
  return references;
}
