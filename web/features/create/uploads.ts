// Pictures on their way into the bar: in memory only, a file cannot be kept.
import { useSyncExternalStore } from "react";
import { refusal } from "@/words/en";
import { uploadPicture } from "./actions";
import type { Draft, Picture } from "./draft";
import { changeDraft } from "./use-draft";

export interface OnItsWay {
  /** 0 to 1; at 1 the backend looks at it. */
  readonly share: number;
  /** Shown until there is a thumbnail. */
  readonly preview: string;
  /** Why it was refused. */
  readonly refused?: string;
}

export type Place = "references" | "firstFrame" | "lastFrame";

const NONE: ReadonlyMap<string, OnItsWay> = new Map();
let uploads = NONE;
const controllers = new Map<string, AbortController>();
const listeners = new Set<() => void>();
let last = 0;

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

/** Uploads these files into the bar, each with its own fate. */
export function addFiles(files: Iterable<File>, place: Place): void {
  for (const file of files) {
    if (file.type && !file.type.startsWith("image/")) continue;
    last += 1;
    const id = `upload-${Date.now()}-${last}`;
    put(place, { id, mode: "style_only" });
    void send(id, file);
  }
}

/** Puts a picture that is there already into the bar. */
export function addPicture(path: string, thumbnail: string | undefined, place: Place): void {
  put(place, { id: path, path, thumbnail, mode: "style_only" });
}

function put(place: Place, picture: Picture): void {
  changeDraft((draft) =>
    place === "references"
      ? { ...draft, references: [...draft.references.filter(({ id }) => id !== picture.id), picture] }
      : { ...draft, [place]: picture },
  );
}

export function takeOut(picture: Picture): void {
  controllers.get(picture.id)?.abort();
  set(picture.id, undefined);
  changeDraft((draft) => withPictures(draft, (each) => (each.id === picture.id ? undefined : each)));
}

async function send(id: string, file: File): Promise<void> {
  const controller = new AbortController();
  controllers.set(id, controller);
  const preview = URL.createObjectURL(file);
  set(id, { share: 0, preview });
  try {
    const { path, thumbnail_url } = await uploadPicture(
      file,
      (share) => !controller.signal.aborted && set(id, { share, preview }),
      controller.signal,
    );
    changeDraft((draft) =>
      withPictures(draft, (each) =>
        each.id === id ? { ...each, path, thumbnail: thumbnail_url ?? undefined } : each,
      ),
    );
    set(id, undefined);
  } catch (error) {
    if (controller.signal.aborted) return;
    set(id, { share: 0, preview, refused: sentence(error) });
  } finally {
    controllers.delete(id);
  }
}

/** An upload's refusal says in words what is wrong with the file. */
function sentence(error: unknown): string {
  const {
    reason = "unknown",
    message = "",
    upload,
  } = error as { reason?: string; message?: string; upload?: unknown };
  return upload || reason === "invalid-request" ? message : refusal({ reason, message });
}

function withPictures(draft: Draft, change: (picture: Picture) => Picture | undefined): Draft {
  return {
    ...draft,
    references: draft.references.map(change).filter((each) => each !== undefined),
    firstFrame: draft.firstFrame && change(draft.firstFrame),
    lastFrame: draft.lastFrame && change(draft.lastFrame),
  };
}
