// One clock for all elapsed times.
import { useSyncExternalStore } from "react";

const listeners = new Set<() => void>();
let now = 0;
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The time in ms, new each second. 0 before the page has begun to run. */
export function useNow(): number {
  return useSyncExternalStore(
    subscribe,
    () => {
      now ||= Date.now();
      return now;
    },
    () => 0,
  );
}

/** `0:12`, `1:02:03`. */
export function elapsed(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  const two = (n: number) => String(n).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** `Tue 14:00`; of another week with its date. */
export function moment(text: string): string {
  const at = new Date(text);
  const isSoon = Math.abs(at.getTime() - Date.now()) < 6 * 86_400_000;
  return at.toLocaleString("en-GB", {
    ...(isSoon ? { weekday: "short" } : { day: "numeric", month: "short" }),
    hour: "2-digit",
    minute: "2-digit",
  });
}
