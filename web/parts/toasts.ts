// What is told where the user is not looking, or can be undone. Never for what the page itself shows.
import { useSyncExternalStore } from "react";

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly action?: { readonly label: string; readonly run: () => void };
  /** Stays until it is closed. */
  readonly isError?: boolean;
  /** Called once it has gone without its action. */
  readonly onGone?: () => void;
}

let toasts: readonly Toast[] = [];
let last = 0;
const listeners = new Set<() => void>();

function tell(now: readonly Toast[]): void {
  toasts = now;
  for (const listener of listeners) listener();
}

/** Shows it; returns what takes it away. */
export function toast(shown: Omit<Toast, "id">): () => void {
  last += 1;
  const id = last;
  tell([...toasts, { ...shown, id }]);
  return () => dismiss(id);
}

export function dismiss(id: number): void {
  tell(toasts.filter((each) => each.id !== id));
}

export function useToasts(): readonly Toast[] {
  return useSyncExternalStore(subscribe, () => toasts, none);
}

const NONE: readonly Toast[] = [];
const none = () => NONE;
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
