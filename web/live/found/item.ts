import { type Generation, kindOf, promptOf } from "@/live/generation";
import type { Item } from "./shelf";

/** What the library holds of a generation. */
export function itemOf(generation: Generation): Item {
  const { generationData, width, height, missing, count } = generation;
  const thumbnails = generationData?.thumbnailUrls ?? [];
  return {
    path: generation.path,
    ratio: width && height ? width / height : ratioIn(generation.requestData.aspectRatio),
    cover: thumbnails[generation.cover] ?? thumbnails[0] ?? "",
    createdAt: Date.parse(generation.createdAt),
    title: promptOf(generation),
    status: generation.status,
    isVideo: kindOf(generation) === "video",
    isFavourite: generation.favourite,
    count: generation.status === "completed" ? thumbnails.length : count,
    missing: missing ?? 0,
    isReused: generation.reusedFrom !== null,
    seconds: generationData?.durationSeconds ?? 0,
    tags: generation.tags,
  };
}

/** Of `16:9`; 1 where the request says nothing of the kind. */
export function ratioIn(asked: unknown): number {
  const [, width, height] = /^(\d+(?:\.\d+)?):(\d+(?:\.\d+)?)$/.exec(String(asked)) ?? [];
  return width && Number(height) > 0 ? Number(width) / Number(height) : 1;
}
