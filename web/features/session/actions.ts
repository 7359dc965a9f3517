// Signing in and out. Each throws Firebase's error with its `code`; words/en.ts has a sentence for it.
import {
  GoogleAuthProvider,
  isSignInWithEmailLink,
  signOut as leave,
  browserPopupRedirectResolver as popups,
  sendSignInLinkToEmail,
  signInWithCredential,
  signInWithEmailAndPassword,
  signInWithEmailLink,
  signInWithPopup,
  signInWithRedirect,
  updateProfile,
} from "firebase/auth";
import { setSession } from "@/live/session";
import { connect, REDIRECTED, sessionOf } from "./firebase";

/** Users of the emulators: the first two are made by the suite's seed. */
export const DEMO_USERS = ["demo@mediaforge.test", "admin@mediaforge.test"] as const;
const DEMO_PASSWORD = "emulator"; // the auth emulator's users live as long as it runs
const ADDRESS = "mf-sign-in-address";

export async function isOnEmulators(): Promise<boolean> {
  return Boolean((await connect()).emulators);
}

export async function signInAsDemo(email: string): Promise<void> {
  const { auth } = await connect();
  await signInWithEmailAndPassword(auth, email, DEMO_PASSWORD);
}

/** A user whom the emulator makes up: it takes any Google credential that says who it is. */
export async function signInAsAnother(): Promise<void> {
  const { auth } = await connect();
  const number = Math.floor(Math.random() * 1e6);
  const claims = {
    sub: `another-${number}`,
    email: `another.${number}@mediaforge.test`,
    email_verified: true,
  };
  const { user } = await signInWithCredential(auth, GoogleAuthProvider.credential(JSON.stringify(claims)));
  if (user.displayName) return;
  await updateProfile(user, { displayName: `Guest ${number}` });
  await user.getIdToken(true); // the backend knows the name by the token
  setSession(sessionOf(user)); // Firebase tells nobody of a new name
}

export async function signInWithGoogle(): Promise<void> {
  const { auth } = await connect();
  const google = new GoogleAuthProvider();
  try {
    await signInWithPopup(auth, google, popups);
  } catch (error) {
    if ((error as { code?: string }).code !== "auth/popup-blocked") throw error;
    sessionStorage.setItem(REDIRECTED, "1");
    await signInWithRedirect(auth, google, popups);
  }
}

/** Sends the link. It leads to /signin, and from there to `next`. */
export async function sendLink(email: string, next: string): Promise<void> {
  const { auth } = await connect();
  const url = `${location.origin}/signin?next=${encodeURIComponent(next)}`;
  await sendSignInLinkToEmail(auth, email, { url, handleCodeInApp: true });
  localStorage.setItem(ADDRESS, email);
}

/** Whether this page was opened by such a link, and the address it was sent to if this device asked. */
export async function readLink(): Promise<{ isLink: boolean; email: string | null }> {
  const { auth } = await connect();
  return { isLink: isSignInWithEmailLink(auth, location.href), email: localStorage.getItem(ADDRESS) };
}

export async function signInWithLink(email: string): Promise<void> {
  const { auth } = await connect();
  await signInWithEmailLink(auth, email, location.href);
  localStorage.removeItem(ADDRESS);
}

/** Everything that listens is closed first: no listener may outlive the right to it. */
export async function signOut(): Promise<void> {
  const { auth } = await connect();
  setSession({ status: "out" });
  await leave(auth);
}
