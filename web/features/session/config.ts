// Where the project is. Hosting, deployed or emulated, says it under this reserved path.
import type { FirebaseOptions } from "firebase/app";

const CONFIG = "/__/firebase/init.json";
const KEPT = "mf-project";
const SCRIPT = "/__/firebase/init.js?useEmulator=true";
/** As `make serve` has them, for a page that another server serves, such as Next's own. */
const SERVED = { auth: 9099, functions: 5001, firestore: 8080, storage: 9199 };
const DEMO: FirebaseOptions = {
  projectId: "demo-mediaforge",
  apiKey: "any",
  storageBucket: "demo-mediaforge.appspot.com",
};

export interface Ports {
  readonly host: string;
  readonly auth: number;
  readonly functions: number;
  readonly firestore: number;
  readonly storage: number;
}

export interface Project {
  readonly options: FirebaseOptions;
  /** Where the emulators are; undefined: the project is a real one. */
  readonly emulators: Ports | undefined;
}

/** Offline it is as it was the last time. */
export async function readProject(): Promise<Project> {
  try {
    const project = await askProject();
    localStorage.setItem(KEPT, JSON.stringify(project));
    return project;
  } catch (error) {
    const kept = localStorage.getItem(KEPT);
    if (!kept) throw error;
    return JSON.parse(kept) as Project;
  }
}

async function askProject(): Promise<Project> {
  const options = await readOptions();
  // Only a project of the emulators has this prefix; a real one is never asked for emulators.
  if (!options.projectId?.startsWith("demo-")) return { options, emulators: undefined };
  return { options, emulators: emulatorsIn(await text(SCRIPT)) };
}

async function readOptions(): Promise<FirebaseOptions> {
  const found = await text(CONFIG);
  try {
    return JSON.parse(found) as FirebaseOptions;
  } catch (error) {
    if (isLocal(location.hostname)) return DEMO; // a page of the development server
    throw error;
  }
}

async function text(address: string): Promise<string> {
  const answer = await fetch(address);
  return answer.ok ? answer.text() : "";
}

/** Whether the page is served by this machine, which may have emulators. */
export function isLocal(host: string): boolean {
  return host === "localhost" || host === "127.0.0.1";
}

/** The ports that the Hosting emulator's script names, else those that we serve at. */
export function emulatorsIn(script: string): Ports {
  const named = /firebaseEmulators\s*=\s*(\{[\s\S]*?\});/.exec(script)?.[1];
  const found = named ? (JSON.parse(named) as Record<string, { host: string; port: number }>) : {};
  const port = (name: keyof typeof SERVED) => found[name]?.port ?? SERVED[name];
  return {
    host: found.auth?.host ?? "127.0.0.1",
    auth: port("auth"),
    functions: port("functions"),
    firestore: port("firestore"),
    storage: port("storage"),
  };
}
