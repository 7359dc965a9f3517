// Pictures on their way into the bar: in memory only, a file cannot be kept.
import { useSyncExternalStore } from "react";
import { currentCatalog } from "@/live/catalog";
import { create as words } from "@/words/create";
import { refusal } from "@/words/en";
import { uploadPicture } from "./actions";

export interface OnItsWay {
  /** 0 to 1; at 1 the backend looks at it. */
  readonly share: number;
  /** Shown until there is a thumbnail. */
  readonly preview: string;
  /** Why it was refused. */
  readonly refused?: string;
}

export interface Uploaded {
  readonly path: string;
  readonly thumbnail: string | undefined;
}

const NONE: ReadonlyMap<string, OnItsWay> = new Map();
let uploads = NONE;
const controllers = new Map<string, AbortController>();
/** What was uploaded since the page was opened: a part of it can be cut out without asking for it again. */
const originals = new Map<string, Blob>();
const listeners = new Set<() => void>();

function set(id: string, now: OnItsWay | undefined): void {
  const next = new Map(uploads);
  if (now) next.set(id, now);
  else next.delete(id);
  uploads = next;
  for (const listener of listeners) listener();
}

export function useUploads(): ReadonlyMap<string, OnItsWay> {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => uploads,
    () => NONE,
  );
}

export function originalOf(id: string): Blob | undefined {
  return originals.get(id);
}

/** Ends an upload, and forgets what is known of it. */
export function stopUpload(id: string): void {
  controllers.get(id)?.abort();
  originals.delete(id);
  set(id, undefined);
}

/** Uploads the file; undefined: it was stopped, or refused, which its entry then says. */
export async function upload(id: string, file: Blob, name: string): Promise<Uploaded | undefined> {
  const controller = new AbortController();
  const preview = URL.createObjectURL(file);
  const most = currentCatalog()?.uploads.bytesMax;
  if (most && file.size > most) {
    set(id, { share: 0, preview, refused: words.tooLarge(name, file.size, most) });
    return undefined;
  }
  controllers.set(id, controller);
  originals.set(id, file);
  set(id, { share: 0, preview });
  try {
    const made = await uploadPicture(
      file,
      (share) => !controller.signal.aborted && set(id, { share, preview }),
      controller.signal,
    );
    set(id, undefined);
    return { path: made.path, thumbnail: made.thumbnail_url ?? undefined };
  } catch (error) {
    if (!controller.signal.aborted) set(id, { share: 0, preview, refused: sentence(name, error) });
    return undefined;
  } finally {
    controllers.delete(id);
  }
}

/** An upload's refusal says in words what is wrong with the file. */
function sentence(name: string, error: unknown): string {
  const {
    reason = "unknown",
    message = "",
    upload,
  } = error as { reason?: string; message?: string; upload?: unknown };
  const isOfFile = upload || reason === "invalid-request";
  return words.refusedFile(name, isOfFile ? message : refusal({ reason, message }));
}
