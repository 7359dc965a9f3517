// The code of an invitation into a team or to a batch, kept until it is used: a sign-in may lead away from
// the page, and drops fragments.

const KEY = "mf-invite";
/** So long is an invitation good. */
const WEEK_MS = 7 * 86_400_000;

export interface Kept {
  /** What it lets in to: `team/ID` or `batch/ID`. */
  readonly to: string;
  readonly code: string;
  /** When it was kept, in ms. */
  readonly at: number;
}

/** The code of the address; without one, what is kept for this, for as long as it may be good. Pure. */
export function codeFor(to: string, fragment: string, kept: Kept | undefined, now: number) {
  if (fragment.length > 1) return fragment.slice(1);
  return kept?.to === to && now - kept.at < WEEK_MS ? kept.code : undefined;
}

/** What was kept; undefined where it is nothing of ours. Pure. */
export function keptIn(text: string | null): Kept | undefined {
  try {
    const { to, code, at } = JSON.parse(text ?? "{}") as Partial<Kept>;
    return typeof to === "string" && typeof code === "string" && typeof at === "number"
      ? { to, code, at }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Answers the code for this, and keeps it. */
export function takeCode(to: string): string | undefined {
  const now = Date.now();
  const kept = keptIn(localStorage.getItem(KEY));
  const code = codeFor(to, window.location.hash, kept, now);
  if (code && code !== kept?.code) localStorage.setItem(KEY, JSON.stringify({ to, code, at: now }));
  return code;
}

/** It has let the user in, or lets nobody in any more. */
export function forgetCode(): void {
  localStorage.removeItem(KEY);
  window.history.replaceState(null, "", window.location.pathname + window.location.search);
}
