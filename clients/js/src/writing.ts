// What needs Firestore to write: documents that rules check field by field.
import {
  collection,
  type DocumentData,
  deleteDoc,
  doc,
  type Firestore,
  runTransaction,
  serverTimestamp,
  setDoc,
  updateDoc,
} from "firebase/firestore";
import { errorOf, type MediaForgeError, VersionChanged } from "./errors.js";

type Fields = Readonly<Record<string, unknown>>;

/** Creates a document under an id of its own, or under this one. Answers the id. */
export async function create(db: Firestore, of: string, fields: Fields, id?: string): Promise<string> {
  const created = id ? doc(db, of, id) : doc(collection(db, of));
  await ours(
    setDoc(created, { ...given(fields), created_at: serverTimestamp(), modified: serverTimestamp() }),
  );
  return created.id;
}

/** Changes these fields of a document. */
export async function change(db: Firestore, path: string, fields: Fields): Promise<void> {
  await ours(updateDoc(doc(db, path), { ...given(fields), modified: serverTimestamp() }));
}

export async function remove(db: Firestore, path: string): Promise<void> {
  await ours(deleteDoc(doc(db, path)));
}

/** Creates the document, or changes these fields where it is there already; who wrote it first stays. */
export async function put(db: Firestore, path: string, fields: Fields): Promise<void> {
  const at = doc(db, path);
  await ours(
    runTransaction(db, async (transaction) => {
      const { user_id, ...others } = given(fields);
      const changed = { ...others, modified: serverTimestamp() };
      if ((await transaction.get(at)).exists()) transaction.update(at, changed);
      else transaction.set(at, { ...changed, user_id, created_at: serverTimestamp() });
    }),
  );
}

/** Ends a share. */
export async function end(db: Firestore, path: string): Promise<void> {
  await change(db, path, { revoked_at: serverTimestamp() });
}

/**
 * Creates a document with version 1, or writes it anew with the next version. What was there and is
 * not in `fields` goes. `from` is the version that was changed: where there is another one by now, nothing is
 * written, and the refusal is `version-changed`.
 */
export async function saveVersion(
  db: Firestore,
  of: string,
  fields: Fields,
  id?: string,
  from?: number,
): Promise<{ id: string; version: number }> {
  const first = { ...fields, version: 1 };
  if (!id) return { id: await create(db, of, first), version: 1 };
  const version = await ours(nextVersion(db, of, fields, id, from)).catch((error: MediaForgeError) => {
    // The rules let nobody read what is not there. What is somebody else's they refuse below, too.
    if (error.reason === "permission-denied") return 0;
    throw error;
  });
  if (!version) await create(db, of, first, id);
  return { id, version: version || 1 };
}

async function nextVersion(
  db: Firestore,
  of: string,
  fields: Fields,
  id: string,
  from: number | undefined,
): Promise<number> {
  const at = doc(db, of, id);
  return runTransaction(db, async (transaction) => {
    const before: DocumentData | undefined = (await transaction.get(at)).data();
    if (!before) return 0;
    if (from !== undefined && before.version !== from) {
      throw new VersionChanged(before.version);
    }
    const version: number = before.version + 1;
    const kept = { created_at: before.created_at, modified: serverTimestamp(), version };
    transaction.set(at, { ...given(fields), ...kept });
    return version;
  });
}

/** Firestore takes no undefined, also not deeper down. */
function given(fields: Fields): DocumentData {
  const said = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(said.map(([name, value]) => [name, plain(value)]));
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  const isMap =
    value !== null && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype;
  return isMap ? given(value as Fields) : value;
}

async function ours<T>(done: Promise<T>): Promise<T> {
  return done.catch((error) => {
    throw errorOf(error);
  });
}
