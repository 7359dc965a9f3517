import { editorWords as words } from "@/words/batches";

const DAY_MS = 24 * 3600_000;

/** What is wrong with the time of a start, as an input has it; undefined: nothing. */
export function startFault(local: string, daysMax: number, now: number = Date.now()): string | undefined {
  if (!local) return undefined;
  const at = new Date(local).getTime();
  const isGood = at > now - 60_000 && at <= now + daysMax * DAY_MS;
  return isGood ? undefined : words.startWrong(daysMax);
}
