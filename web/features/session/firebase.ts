// The Firebase app and its sign-in. Loaded when the page is idle, never with its first script.
import { initializeApp } from "firebase/app";
import {
  browserLocalPersistence,
  connectAuthEmulator,
  type User as FirebaseUser,
  getRedirectResult,
  indexedDBLocalPersistence,
  initializeAuth,
  onAuthStateChanged,
  browserPopupRedirectResolver as popups,
} from "firebase/auth";
import { setClaims } from "@/live/claims";
import { type Session, setSession } from "@/live/session";
import { session as words } from "@/words/en";
import { readProject } from "./config";

/** Set before the page goes to Google and comes back. */
export const REDIRECTED = "mf-redirected";

/** The app, its sign-in, and where its emulators are. Asked for again, the same one is answered. */
export const connect = once(async () => {
  const { options, emulators } = await readProject();
  const app = initializeApp(options);
  const auth = initializeAuth(app, {
    persistence: [indexedDBLocalPersistence, browserLocalPersistence],
  });
  if (emulators) {
    connectAuthEmulator(auth, `http://${emulators.host}:${emulators.auth}`, { disableWarnings: true });
  }
  // What opens windows is loaded from Google: only for who has come back from there.
  if (sessionStorage.getItem(REDIRECTED)) {
    sessionStorage.removeItem(REDIRECTED);
    await getRedirectResult(auth, popups).catch(() => null); // whoever is not signed in sees the card again
  }
  onAuthStateChanged(auth, (user) => {
    setSession(sessionOf(user));
    if (user) void tellClaims(user);
  });
  return { app, auth, emulators };
});

/** From the token that is there; offline, with one that has ended, nobody is an administrator. */
async function tellClaims(user: FirebaseUser): Promise<void> {
  const token = await user.getIdTokenResult().catch(() => null);
  setClaims({ uid: user.uid, isAdmin: token?.claims.admin === true });
}

export function sessionOf(user: FirebaseUser | null): Session {
  if (!user) return { status: "out" };
  const email = user.email ?? undefined;
  return { status: "in", user: { uid: user.uid, email, name: user.displayName || email || words.guest } };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined; // the network may be back the next time
      throw error;
    });
    return made;
  };
}
