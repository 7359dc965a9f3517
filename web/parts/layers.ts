// Layers that are opened from more than one place: by a key, by the rail, by a page.
import { useSyncExternalStore } from "react";

export type Layer = "jobs" | "shortcuts" | "commands" | "signin" | "more" | "director";

let open: ReadonlySet<Layer> = new Set();
const listeners = new Set<() => void>();

export function setLayer(layer: Layer, isOpen: boolean): void {
  const now = new Set(open);
  if (isOpen) now.add(layer);
  else now.delete(layer);
  open = now;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useLayer(layer: Layer): boolean {
  return useSyncExternalStore(
    subscribe,
    () => open.has(layer),
    () => false,
  );
}
