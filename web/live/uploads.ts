// The user's uploads: the newest ones as a list, and any by its path.
import type { Listed, Upload } from "@mediaforge/client";
import { mediaForge } from "./client";
import { listening, reading } from "./listen";
import { currentUid, useUid } from "./session";
import { createStores, type Live, useLive } from "./store";

export type { Upload } from "@mediaforge/client";
export type ListedUpload = Listed<Upload>;

const NEWEST = 60;
const newest = createStores<readonly ListedUpload[]>(() =>
  reading(async (mf) => (await mf.uploads({ pageSize: NEWEST }).next()).value ?? []),
);
/** Read once; null: it is not there, or not the user's. */
const single = createStores<Upload | null>((path) => (next, fail, done) => {
  const stop = listening<Upload | null>((mf, told, failed) =>
    mf.watchUpload(path, (found) => told(found ?? null), failed),
  )(
    (found) => {
      next(found);
      stop();
      done();
    },
    fail,
    done,
  );
  return stop;
});

/** The newest uploads of the user, with the addresses of their thumbnails. */
export function useUploads(): Live<readonly ListedUpload[]> {
  const uid = useUid();
  return useLive(uid ? newest(uid) : undefined);
}

/** One of the user's uploads; null: it is not there, or not any more; undefined while that is not known. */
export function useUpload(path: string): Upload | null | undefined {
  const { value: all } = useUploads();
  const found = all?.find((each) => each.path === path);
  const { value: alone } = useLive(all && !found ? single(path) : undefined);
  return found ?? alone;
}

const LOOKED_AT_MS = 30_000;

/** Resolves once the backend has looked at these uploads; where that takes too long, all the same. */
export async function untilChecked(paths: readonly string[]): Promise<void> {
  const checked = paths.map(
    (path) =>
      new Promise<void>((resolve) => {
        const end = () => {
          stop();
          clearTimeout(timer);
          resolve();
        };
        const stop = listening<Upload | undefined>((mf, next, fail) => mf.watchUpload(path, next, fail))(
          (found) => found && found.status !== "processing" && end(),
          end,
          () => {},
        );
        const timer = setTimeout(end, LOOKED_AT_MS);
      }),
  );
  await Promise.all(checked);
  const uid = currentUid();
  if (uid) readUploadsAgain(uid);
}

export function readUploadsAgain(uid: string): void {
  newest(uid).reopen();
}

/** Answers the path of the upload once the backend has checked it. */
export async function uploadPicture(file: File, onPercent: (percent: number) => void): Promise<string> {
  const { path } = await (await mediaForge()).uploadReference(file, {
    onProgress: ({ sentBytes, totalBytes }) => onPercent(Math.round((sentBytes / totalBytes) * 100)),
  });
  const uid = currentUid();
  if (uid) readUploadsAgain(uid);
  return path;
}
