// What the backend advises, as a change of the draft. Pure.
import type { Draft } from "./draft";

/** What a suggestion changes, in the draft's words. */
export function changeOf(change: Readonly<Record<string, unknown>>): Partial<Draft> {
  const known = [
    "model",
    "aspectRatio",
    "count",
    "durationSeconds",
    "fps",
    "generateAudio",
    "reuse",
    "styleId",
  ];
  const same = Object.entries(change).filter(([name]) => known.includes(name));
  return {
    ...Object.fromEntries(same.map(([name, value]) => [name, value ?? undefined])),
    ...("resolution" in change || "width" in change
      ? { size: (change.resolution as string) ?? undefined }
      : {}),
    ...("count" in change && change.count === null ? { count: 1 } : {}),
  };
}
