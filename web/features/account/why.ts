import { failureOf } from "@/live/store";
import { refusal } from "@/words/en";

/** The sentence of what was thrown, with the numbers that it came with. */
export function whyOf(error: unknown): string {
  const { details } = (error ?? {}) as { readonly details?: unknown };
  return refusal({ ...failureOf(error), details });
}
