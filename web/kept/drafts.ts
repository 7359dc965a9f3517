// Drafts survive reload and a closed tab. Each tab has its own; a new tab begins with the newest one.
import { read, remove, write } from "./db";

/** The key of a draft within this tab's session. */
function slot(uid: string, name: string): string {
  return `mf-draft/${uid}/${name}`;
}

/** The draft of this tab, else the newest of this browser; undefined: none. */
export async function readDraft<T>(uid: string, name: string): Promise<T | undefined> {
  const own = sessionStorage.getItem(slot(uid, name));
  if (own) return JSON.parse(own) as T;
  return read<T>("drafts", `${uid}/${name}`);
}

/** The draft of this tab, at once; undefined where it has none. */
export function draftOfTab<T>(uid: string, name: string): T | undefined {
  const own = sessionStorage.getItem(slot(uid, name));
  return own ? (JSON.parse(own) as T) : undefined;
}

export async function keepDraft(uid: string, name: string, draft: unknown): Promise<void> {
  sessionStorage.setItem(slot(uid, name), JSON.stringify(draft));
  await write("drafts", `${uid}/${name}`, draft);
}

/** Keeps the draft for this tab only, at once; undefined: there is none any more. */
export function keepDraftOfTab(uid: string, name: string, draft: unknown): void {
  if (draft === undefined) sessionStorage.removeItem(slot(uid, name));
  else sessionStorage.setItem(slot(uid, name), JSON.stringify(draft));
}

export async function forgetDraft(uid: string, name: string): Promise<void> {
  sessionStorage.removeItem(slot(uid, name));
  await remove("drafts", `${uid}/${name}`);
}
