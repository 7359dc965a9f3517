// Marks of generations: shown at once, and taken back where the backend refuses.
import type { MarkGenerationRequest } from "@mediaforge/client";
import { jobIdOf } from "@/parts/generation-address";
import { mediaForge } from "./client";
import { changeFound, type Item } from "./found";
import { changed, itemAt, type Shelf } from "./found/shelf";
import { currentUid } from "./session";

export type Marks = Pick<MarkGenerationRequest, "favourite" | "tags" | "cover">;

/** Tells this browser's other tabs; each knows whether it shows the same user's work. */
const channel = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel("mf-marks");
interface Told {
  readonly uid: string | undefined;
  readonly paths: readonly string[];
  readonly change: Partial<Item>;
}
channel?.addEventListener("message", ({ data }: MessageEvent<Told>) => {
  if (data.uid === currentUid()) changeFound((shelf) => changed(shelf, new Set(data.paths), data.change));
});

/**
 * `cover` is the address of the picture that is shown first from now on, where that is marked. Throws
 * what the backend refuses it with; by then all is shown as it was.
 */
export async function mark(paths: readonly string[], marks: Marks, cover?: string): Promise<void> {
  const named = new Set(paths);
  const before = new Map<string, Item>();
  const change = { ...shownAs(marks), ...(cover && { cover }) };
  changeFound((shelf) => {
    remember(shelf, named, before);
    return changed(shelf, named, change);
  });
  try {
    await (await mediaForge()).markGeneration({ ...marks, jobIds: paths.map(jobIdOf) });
    channel?.postMessage({ uid: currentUid(), paths, change } satisfies Told);
  } catch (error) {
    for (const [path, { isFavourite, tags, cover: shown }] of before) {
      changeFound((shelf) => changed(shelf, new Set([path]), { isFavourite, tags, cover: shown }));
    }
    throw error;
  }
}

function shownAs({ favourite, tags }: Marks): Partial<Item> {
  return {
    ...(typeof favourite === "boolean" && { isFavourite: favourite }),
    ...(tags && { tags: [...new Set(tags.map((tag) => tag.toLowerCase()))] }),
  };
}

function remember(shelf: Shelf, named: ReadonlySet<string>, before: Map<string, Item>): void {
  shelf.paths.forEach((path, index) => {
    const item = named.has(path) && itemAt(shelf, index);
    if (item) before.set(path, item);
  });
}
