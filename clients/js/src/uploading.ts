// What needs Storage: loaded with the first upload.
import { connectStorageEmulator, getBlob, getStorage, ref, uploadBytesResumable } from "firebase/storage";
import { UPLOAD_BYTES_MAX } from "./callables.js";
import { call } from "./calling.js";
import { type Connection, newId } from "./connection.js";
import { errorOf, MediaForgeError, UploadRefused } from "./errors.js";
import type { Upload } from "./types.js";
import { iterate, subscribe, unlessAborted } from "./waiting.js";

export interface UploadOptions {
  /** Called as the bytes go out; that all are sent does not mean yet that the backend has looked. */
  readonly onProgress?: (progress: { readonly sentBytes: number; readonly totalBytes: number }) => void;
  /** Of a file that does not know its type: `image/png`, `image/jpeg` or `image/webp`. */
  readonly contentType?: string;
  readonly signal?: AbortSignal | undefined;
}

const ENDINGS: Readonly<Record<string, string>> = {
  "image/png": "png",
  "image/jpeg": "jpg",
  "image/webp": "webp",
};

export async function upload(
  connection: Connection,
  file: Blob | Uint8Array | ArrayBuffer,
  { onProgress, contentType = file instanceof Blob ? file.type : "", signal }: UploadOptions,
): Promise<Upload> {
  const ending = ENDINGS[contentType];
  if (!ending) {
    throw wrong(
      `This is ${contentType || "of no known type"}; send one of ${Object.keys(ENDINGS).join(", ")}.`,
    );
  }
  const size = file instanceof Blob ? file.size : file.byteLength;
  if (size > UPLOAD_BYTES_MAX) {
    throw wrong(`This has ${size} bytes; a picture may have at most ${UPLOAD_BYTES_MAX}.`);
  }
  signal?.throwIfAborted();
  const [uid, storage] = await Promise.all([connection.uid(), storageOf(connection)]);
  // In Node the SDK sends bytes more surely than a Blob.
  const bytes = file instanceof Blob ? await file.arrayBuffer() : file;
  const id = newId();
  const task = uploadBytesResumable(ref(storage, `references/${uid}/${id}.${ending}`), bytes, {
    contentType,
  });
  task.on("state_changed", ({ bytesTransferred, totalBytes }) => {
    onProgress?.({ sentBytes: bytesTransferred, totalBytes });
  });
  try {
    await unlessAborted(Promise.resolve(task), signal);
  } catch (error) {
    signal?.throwIfAborted();
    throw errorOf(error);
  } finally {
    task.cancel(); // of one that has ended it does nothing
  }
  return checked(connection, `references/${uid}/files/${id}`, signal);
}

export async function download(connection: Connection, path: string): Promise<Blob> {
  const [, storage] = await Promise.all([connection.uid(), storageOf(connection)]);
  return getBlob(ref(storage, path)).catch((error: unknown) => {
    throw errorOf(error);
  });
}

/** What Storage's rules would refuse without a reason. */
function wrong(message: string): MediaForgeError {
  return new MediaForgeError("invalid-request", message, { fieldErrors: [{ field: "file", message }] });
}

/** Waits until the backend has looked at the file. */
async function checked(
  connection: Connection,
  path: string,
  signal: AbortSignal | undefined,
): Promise<Upload> {
  const states = iterate<Upload>(
    (next, fail) =>
      subscribe(
        async (told, failed) => {
          const { db, watchDocument } = await connection.reading();
          return watchDocument<Upload>(db, path, (upload) => upload && told(upload), failed);
        },
        next,
        fail,
      ),
    ({ status }) => status !== "processing",
    signal,
  );
  for await (const upload of states) {
    if (upload.status === "ready") return upload;
    if (upload.status === "refused") throw new UploadRefused(upload);
  }
  throw new MediaForgeError("not-found", `Nothing is known of ${path}.`);
}

/** The app's bucket, or the one that the backend names. */
async function storageOf(connection: Connection) {
  const { app, emulators } = connection;
  const bucket = app.options.storageBucket ?? (await call(connection, "getCatalog", {})).uploads.bucket;
  const storage = getStorage(app, `gs://${bucket.replace("gs://", "")}`);
  if (emulators) connectStorageEmulator(storage, emulators.host, emulators.storage);
  return storage;
}
