// What the sign-in says of its user beside who they are. Not part of what every page loads first.
import { useSyncExternalStore } from "react";
import { currentSession, onSession } from "./session";

interface Claims {
  readonly uid: string;
  readonly isAdmin: boolean;
}

let claims: Claims | undefined;
const readers = new Set<() => void>();

/** They come a moment after the session. */
export function setClaims(told: Claims): void {
  claims = told;
  for (const reader of readers) reader();
}

/**
 * Whether who is signed in looks after this installation; undefined until that is known. It only decides what is
 * shown: the backend asks the token itself.
 */
export function useIsAdmin(): boolean | undefined {
  return useSyncExternalStore(onClaims, currentIsAdmin, () => undefined);
}

export function currentIsAdmin(): boolean | undefined {
  const session = currentSession();
  if (session.status !== "in") return session.status === "out" ? false : undefined;
  return claims?.uid === session.user.uid ? claims.isAdmin : undefined;
}

function onClaims(reader: () => void): () => void {
  const stop = onSession(reader);
  readers.add(reader);
  return () => {
    stop();
    readers.delete(reader);
  };
}
