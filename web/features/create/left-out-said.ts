// What is said under the bar of what was left out of it.
import { useSyncExternalStore } from "react";

const NONE: readonly string[] = [];
let said = NONE;
const listeners = new Set<() => void>();

function tell(now: readonly string[]): void {
  said = now;
  for (const listener of listeners) listener();
}

export function sayLeftOut(sentence: string): void {
  if (!said.includes(sentence)) tell([...said, sentence]);
}

export function clearLeftOut(): void {
  if (said.length > 0) tell(NONE);
}

export function useLeftOut(): readonly string[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => said,
    () => NONE,
  );
}
