/** The code of an invitation, kept until it is used. A sign-in may lead away from the page, and drops fragments. */

const KEY = "mf-join";
/** So long is an invitation good. */
const WEEK_MS = 7 * 86_400_000;

export interface Kept {
  readonly teamId: string;
  readonly code: string;
  /** When it was kept, in ms. */
  readonly at: number;
}

/** The code of the address; without one, what is kept for this team, for as long as it may be good. Pure. */
export function codeFor(teamId: string, fragment: string, kept: Kept | undefined, now: number) {
  if (fragment.length > 1) return fragment.slice(1);
  return kept?.teamId === teamId && now - kept.at < WEEK_MS ? kept.code : undefined;
}

/** What was kept; undefined where it is nothing of ours. Pure. */
export function keptIn(text: string | null): Kept | undefined {
  try {
    const { teamId, code, at } = JSON.parse(text ?? "{}") as Partial<Kept>;
    return typeof teamId === "string" && typeof code === "string" && typeof at === "number"
      ? { teamId, code, at }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Answers the code for this team, and keeps it. */
export function takeCode(teamId: string): string | undefined {
  const now = Date.now();
  const kept = keptIn(localStorage.getItem(KEY));
  const code = codeFor(teamId, window.location.hash, kept, now);
  if (code && code !== kept?.code) localStorage.setItem(KEY, JSON.stringify({ teamId, code, at: now }));
  return code;
}

/** It has let the user in: it lets in nobody else. */
export function forgetCode(): void {
  localStorage.removeItem(KEY);
  window.history.replaceState(null, "", window.location.pathname + window.location.search);
}
