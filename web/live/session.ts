// Who is signed in, as far as this page knows. features/session tells; everybody else reads it here.
import { useSyncExternalStore } from "react";

export interface User {
  readonly uid: string;
  /** What to call the user: the name of the sign-in, else the address, else "Guest". */
  readonly name: string;
  readonly email: string | undefined;
}

export type Session =
  | { readonly status: "unknown" }
  | { readonly status: "out" }
  | { readonly status: "in"; readonly user: User };

const UNKNOWN: Session = { status: "unknown" };
const OUT: Session = { status: "out" };
/** There while somebody is signed in. */
const KEY = "mf-in";
let now = presumed();
const listeners = new Set<() => void>();

/**
 * Before Firebase is loaded and has said it: where nobody was signed in the last time, nobody is now. So a newcomer
 * is not kept waiting to be told to sign in.
 */
function presumed(): Session {
  return typeof localStorage === "undefined" || localStorage.getItem(KEY) ? UNKNOWN : OUT;
}

export function currentSession(): Session {
  return now;
}

/** Called before React is told: what belonged to the user before has to be gone by then. */
export function onSession(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function setSession(session: Session): void {
  now = session;
  if (session.status === "in") localStorage.setItem(KEY, "1");
  else localStorage.removeItem(KEY);
  for (const listener of listeners) listener();
}

export function useSession(): Session {
  return useSyncExternalStore(onSession, currentSession, () => UNKNOWN);
}

/** The uid of who is signed in; undefined while nobody is, or it is not known yet. */
export function useUid(): string | undefined {
  return useSyncExternalStore(onSession, currentUid, () => undefined);
}

export function currentUid(): string | undefined {
  return now.status === "in" ? now.user.uid : undefined;
}
