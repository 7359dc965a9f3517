// What it costs to ask for it again, and which seed made it.
import type { Generation } from "@/live/generation";

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
