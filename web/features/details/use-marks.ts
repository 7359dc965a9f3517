import { useState } from "react";
import type { Generation } from "@/live/generation";
import { mark } from "@/live/marks";
import { failureOf } from "@/live/store";
import { toast } from "@/parts/toasts";
import { refusal } from "@/words/en";

interface Own {
  readonly path: string;
  readonly favourite?: boolean;
  readonly tags?: string[];
  readonly cover?: number;
}

/** The marks of what is shown: as they were just changed, else as it was read. */
export function useMarks(generation: Generation | undefined) {
  const [own, setOwn] = useState<Own>();
  const path = generation?.path;
  const changed = own && own.path === path ? own : undefined;
  const change = (marks: { favourite?: boolean; tags?: string[]; cover?: number }) => {
    if (!path) return;
    const before = changed;
    setOwn({ ...changed, ...marks, path });
    mark([path], marks, generation.generationData?.thumbnailUrls[marks.cover ?? -1]).catch(
      (error: unknown) => {
        setOwn(before);
        toast({ text: refusal(failureOf(error)), isError: true });
      },
    );
  };
  return {
    isFavourite: changed?.favourite ?? generation?.favourite ?? false,
    tags: changed?.tags ?? generation?.tags ?? [],
    cover: changed?.cover ?? generation?.cover ?? 0,
    change,
  };
}
