import type { Directed } from "@mediaforge/client";
import { mediaForge } from "@/live/client";

export type Concept = Directed["concepts"][number];

interface Asked {
  readonly brief: string;
  readonly count: number;
  readonly kind?: "image" | "video" | undefined;
  readonly requestId: string;
}

/** The same `requestId` again gets the same concepts, and is charged once. */
export async function direct({ kind, ...asked }: Asked): Promise<Directed> {
  return (await mediaForge()).creativeDirectorAgent({ ...asked, ...(kind && { kind }) });
}
