// What puts pictures into the bar, and takes them out of it.
import { currentSession } from "@/live/session";
import { readView } from "@/live/view";
import { setLayer } from "@/parts/layers";
import { create as words } from "@/words/create";
import type { Draft, Mode, Picture } from "./draft";
import { stopUpload, upload } from "./uploads";
import { changeDraft } from "./use-draft";

export type Place = "references" | "firstFrame" | "lastFrame";

let last = 0;

function newId(): string {
  last += 1;
  return `picture-${Date.now()}-${last}`;
}

/** Uploads these files into the bar, each with its own fate. */
export function addFiles(files: Iterable<File>, place: Place): void {
  if (currentSession().status === "out") {
    setLayer("signin", true);
    return;
  }
  for (const file of files) {
    const id = newId();
    put(place, { id, mode: "style_only" });
    void send(id, file, file.name);
  }
}

/** Puts a picture that is there already into the bar; one that is in it comes last. */
export function addPicture(path: string, thumbnail: string | undefined, place: Place): void {
  put(place, { id: newId(), path, thumbnail, mode: "style_only" });
}

/** Puts picture `n` (from 1) of a generation into the bar, by its storage path: nothing is uploaded. */
export async function addGenerated(view: string, n: number): Promise<void> {
  const { generationData } = await readView(view);
  const path = generationData?.videoUrl ? undefined : generationData?.storagePaths[n - 1];
  if (path) addPicture(path, generationData?.thumbnailUrls[n - 1], "references");
}

/** A part of a picture takes its place as a new upload, and what is taken of it stays as it was. */
export function replacePicture({ id }: Picture, file: Blob): void {
  changeDraft((draft) => withPictures(draft, (each) => (each.id === id ? { id, mode: each.mode } : each)));
  void send(id, file, words.part);
}

export function setMode(picture: Picture, mode: Mode): void {
  changeDraft((draft) => withPictures(draft, (each) => (each.id === picture.id ? { ...each, mode } : each)));
}

export function takeOut(picture: Picture): void {
  stopUpload(picture.id);
  changeDraft((draft) => withPictures(draft, (each) => (each.id === picture.id ? undefined : each)));
}

function put(place: Place, picture: Picture): void {
  changeDraft((draft) =>
    place === "references"
      ? { ...draft, references: [...draft.references.filter(isOther(picture)), picture] }
      : { ...draft, [place]: picture },
  );
}

function isOther({ path }: Picture): (each: Picture) => boolean {
  return (each) => !path || each.path !== path;
}

async function send(id: string, file: Blob, name: string): Promise<void> {
  const uploaded = await upload(id, file, name);
  if (!uploaded) return;
  changeDraft((draft) => withPictures(draft, (each) => (each.id === id ? { ...each, ...uploaded } : each)));
}

function withPictures(draft: Draft, change: (picture: Picture) => Picture | undefined): Draft {
  return {
    ...draft,
    references: draft.references.map(change).filter((each) => each !== undefined),
    firstFrame: draft.firstFrame && change(draft.firstFrame),
    lastFrame: draft.lastFrame && change(draft.lastFrame),
    editOf: draft.editOf && change(draft.editOf),
    extendOf: draft.extendOf && change(draft.extendOf),
  };
}
