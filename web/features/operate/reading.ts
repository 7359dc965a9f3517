/** What an operator types, and how what the backend says is read. Pure. */
import type { EntryShown, FuseShown, LetterShown } from "./actions";

/** The account that is meant: its id, or the id of its user. Undefined: nothing that could be one. */
export function accountIdOf(text: string): string | undefined {
  const named = text.trim();
  if (!named || named.includes("/") || named.includes("@") || /\s/.test(named)) return undefined;
  return /^(user|team)_/.test(named) ? named : `user_${named}`;
}

/** A correction: a whole number of credits, not 0; a minus takes some away. */
export function amountIn(text: string): number | undefined {
  const digits = text.trim().replace(/^[–−]/, "-");
  if (!/^[+-]?\d{1,9}$/.test(digits)) return undefined;
  return Number(digits) || undefined;
}

/** `3 m`, `2 h`, `5 d`: by its largest unit. */
export function ageOf(moment: string, now: number): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(moment)) / 1000));
  for (const [size, unit] of [
    [86_400, "d"],
    [3_600, "h"],
    [60, "m"],
  ] as const) {
    if (seconds >= size) return `${Math.floor(seconds / size)} ${unit}`;
  }
  return `${seconds} s`;
}

/** How many letters there are of each reason, the most first. */
export function byCode(letters: readonly LetterShown[]): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const { code } of letters) counts.set(code, (counts.get(code) ?? 0) + 1);
  return [...counts].sort(([a, n], [b, m]) => m - n || a.localeCompare(b));
}

/** What an entry adds to what can be spent. */
export function changeOf({ type, amount }: EntryShown): number {
  if (type === "capture") return 0; // it takes from what is held
  return type === "hold" ? -amount : amount;
}

/** Whose fuse is reset, as the backend is asked. */
export function fuseOf({ of }: FuseShown): { readonly accountId?: string; readonly lane?: "free" } {
  if (of === "project") return {};
  return of === "free" ? { lane: "free" } : { accountId: of };
}
