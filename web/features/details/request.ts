// What is asked for again, of what was asked for before.
import type { Generation } from "@/live/generation";

export type Payload = Readonly<Record<string, unknown>>;

/** Names of one request, and what was said about its price or its time: not of the next one. */
const OF_ONE_REQUEST = ["requestId", "estimatedCredits", "maxCredits", "scheduledAt", "reuse", "seed"];

/** The same settings with new seeds, so many. A video is made one by one. */
export function againOf({ requestData, path, count }: Generation, wanted: number): Payload {
  const kept = Object.entries(requestData).filter(
    ([name, value]) => !OF_ONE_REQUEST.includes(name) && value !== null,
  );
  const payload = Object.fromEntries(kept);
  const isVideo = path.split("/")[2] === "videos";
  return isVideo ? payload : { ...payload, count: Math.min(wanted, 4) || count };
}

/**
 * What so many would cost, from what this one was held for; undefined where that says nothing, as of one that
 * was found again for nothing.
 */
export function priceOf({ credits, count, reusedFrom }: Generation, wanted: number): number | undefined {
  if (reusedFrom || credits.estimated <= 0 || count <= 0) return undefined;
  return (credits.estimated / count) * wanted;
}

const SEEDS = 2_147_483_648;

/** The seed of picture `n` (from 0); undefined where some were not made: which moved up is not known. */
export function seedOf({ generationData, seed, missing }: Generation, n: number): number | undefined {
  const first = generationData?.seed ?? seed;
  if (first === null || first === undefined) return undefined;
  return n === 0 || !missing ? (first + n) % SEEDS : undefined;
}
