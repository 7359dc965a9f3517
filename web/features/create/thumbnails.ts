// Pictures that came with a request have a path alone: what they look like is found by it.
import { useEffect } from "react";
import { readView } from "@/live/view";
import { recentUploads } from "./actions";
import type { Picture } from "./draft";
import { changeDraft } from "./use-draft";

const GENERATED = /^generating\/([^/]+)\/image\/([^/_.]+)[_.]/;

/** The path of the generation that made this file; undefined: it is an upload. */
export function generationOfFile(path: string): string | undefined {
  const [, uid, jobId] = GENERATED.exec(path) ?? [];
  return uid && `generations/${uid}/images/${jobId}`;
}

async function thumbnailOf(path: string, uploads: ReturnType<typeof recentUploads>) {
  const view = generationOfFile(path);
  if (!view) return (await uploads).find((upload) => upload.path === path)?.thumbnail;
  const { generationData: made } = await readView(view);
  return made ? made.thumbnailUrls[made.storagePaths.indexOf(path)] : undefined;
}

async function look(paths: readonly string[]): Promise<void> {
  const uploads = recentUploads().catch(() => []);
  for (const path of paths) {
    const thumbnail = await thumbnailOf(path, uploads).catch(() => undefined); // gone, or no line: it has its number
    if (!thumbnail) continue;
    changeDraft((draft) => ({
      ...draft,
      references: draft.references.map((each) => (each.path === path ? { ...each, thumbnail } : each)),
    }));
  }
}

export function useThumbnails(references: readonly Picture[]): void {
  const unknown = references.flatMap(({ path, thumbnail }) => (path && !thumbnail ? [path] : [])).join("\n");
  useEffect(() => {
    if (unknown) void look(unknown.split("\n"));
  }, [unknown]);
}
