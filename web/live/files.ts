// Files of generations to take away.
import { jobIdOf } from "@/parts/generation-address";
import { mediaForge } from "./client";
import { readView } from "./view";

/** The addresses of what a generation has made: its film, or its pictures. */
export async function filesOf(path: string): Promise<readonly string[]> {
  const { generationData } = await readView(path);
  if (!generationData) return [];
  return generationData.videoUrl ? [generationData.videoUrl] : generationData.imageUrls;
}

/** One file with all that these have made; its address, once it is packed. */
export async function packed(paths: readonly string[]): Promise<string> {
  const mf = await mediaForge();
  const { path } = await mf.exportBatch({ format: "zip", jobIds: paths.map(jobIdOf) });
  const made = await mf.exportResult(path);
  return made.url ?? "";
}

/** Lets the browser save what is at an address: Storage sends it as a file. */
export function save(address: string): void {
  const link = document.createElement("a");
  link.href = address;
  link.download = "";
  link.rel = "noopener";
  document.body.append(link);
  link.click();
  link.remove();
}
