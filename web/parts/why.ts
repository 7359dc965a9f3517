import { failureOf } from "@/live/store";
import { refusal } from "@/words/en";
import { toast } from "./toasts";

/** The sentence of what was thrown, with the numbers that it came with. */
export function whyOf(error: unknown): string {
  const { details } = (error ?? {}) as { readonly details?: unknown };
  return refusal({ ...failureOf(error), details });
}

/** Says it where no form stands in which it could be said. */
export function toastOf(error: unknown): void {
  toast({ text: whyOf(error), isError: true });
}
