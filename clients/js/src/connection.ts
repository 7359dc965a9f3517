import { deleteApp, type FirebaseApp } from "firebase/app";
import { connectAuthEmulator, getAuth, type User } from "firebase/auth";
import type { Firestore } from "firebase/firestore";
import { connectFunctionsEmulator, type Functions, getFunctions } from "firebase/functions";
import type { Emulators } from "./emulators.js";
import { loaded, MediaForgeError } from "./errors.js";

export interface Settings {
  /** Where the functions are; `us-central1` if it is left out. */
  readonly region?: string;
  /**
   * Uses the emulators instead of the project, also for signing in. An app that uses Firestore or
   * Storage itself connects these before it does.
   */
  readonly emulators?: boolean | Emulators;
}

const SERVED = { host: "127.0.0.1", auth: 9099, functions: 5001, firestore: 8080, storage: 9199 };

/** The app's services. Firestore and Storage are loaded when they are first used. */
export class Connection {
  readonly app: FirebaseApp;
  readonly functions: Functions;
  readonly emulators: Required<Emulators> | undefined;
  #firestore: Firestore | undefined;

  constructor(app: FirebaseApp, { region = "us-central1", emulators }: Settings) {
    this.app = app;
    this.functions = getFunctions(app, region);
    if (!emulators) return;
    const at = { ...SERVED, ...(emulators === true ? {} : emulators) };
    this.emulators = at;
    const auth = getAuth(app);
    if (!auth.emulatorConfig) {
      connectAuthEmulator(auth, `http://${at.host}:${at.auth}`, { disableWarnings: true });
    }
    connectFunctionsEmulator(this.functions, at.host, at.functions);
  }

  /** Who is signed in. Waits until the SDK knows. */
  async user(): Promise<User> {
    const auth = getAuth(this.app);
    await auth.authStateReady();
    if (!auth.currentUser) throw new MediaForgeError("unauthenticated", "Nobody is signed in.");
    return auth.currentUser;
  }

  async uid(): Promise<string> {
    return (await this.user()).uid;
  }

  /** The user's own account, or that of a team. */
  async accountId(teamId: string | undefined): Promise<string> {
    return teamId ? `team_${teamId}` : `user_${await this.uid()}`;
  }

  /** What listens and lists, with the database that it does so in. */
  async reading(): Promise<typeof import("./reading.js") & { readonly db: Firestore }> {
    const reading = await loaded(import("./reading.js"));
    this.#firestore ??= reading.connected(this.app, this.emulators);
    return { ...reading, db: this.#firestore };
  }

  /** What writes, with the database that it writes to. */
  async writing(): Promise<typeof import("./writing.js") & { readonly db: Firestore }> {
    const [writing, { db }] = await Promise.all([loaded(import("./writing.js")), this.reading()]);
    return { ...writing, db };
  }

  async close(): Promise<void> {
    if (this.#firestore) await (await import("./reading.js")).terminate(this.#firestore);
    await deleteApp(this.app);
  }
}

/** The id at the end of a path; an id stays as it is. */
export function idOf(pathOrId: string): string {
  return pathOrId.slice(pathOrId.lastIndexOf("/") + 1);
}

/** A name that nobody else has: 128 random bits. (`randomUUID` is not on pages without https.) */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
