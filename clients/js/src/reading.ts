// What needs Firestore to read: loaded with the first listener, and not before.
import type { FirebaseApp } from "firebase/app";
import {
  type CollectionReference,
  collection,
  collectionGroup,
  connectFirestoreEmulator,
  type DocumentData,
  doc,
  type Firestore,
  getDoc,
  getDocs,
  getFirestore,
  limit,
  onSnapshot,
  orderBy,
  type Query,
  type QueryDocumentSnapshot,
  query,
  startAfter,
  where,
} from "firebase/firestore";
import type { Emulators } from "./emulators.js";
import { errorOf } from "./errors.js";
import type { Member, Role, Team } from "./types.js";
import type { Fail, Next, Unsubscribe } from "./waiting.js";

export { terminate } from "firebase/firestore";

/** A document of a list, with its id. */
export type Listed<T> = T & { readonly id: string };

/** A team, with the role that the user has in it. */
export type Mine = Team & { readonly role: Role };

/** The items of a list as they are now. `changed` are those that differ from the time before. */
export interface Items<T> {
  readonly all: readonly Listed<T>[];
  readonly changed: readonly Listed<T>[];
  /** Whether the server has said that these are all. */
  readonly isWhole: boolean;
}

/** Fields that the documents have to have. An array is any of its values; `undefined` asks nothing. */
export type Asked = Readonly<Record<string, string | boolean | null | readonly string[] | undefined>>;

export interface Listing {
  readonly of: string;
  readonly isGroup?: boolean;
  readonly asked?: Asked;
  /** A field; descending with a `-` before it. */
  readonly orderBy?: string;
  readonly limit?: number;
}

export function connected(app: FirebaseApp, emulators: Required<Emulators> | undefined): Firestore {
  const db = getFirestore(app);
  if (emulators) connectFirestoreEmulator(db, emulators.host, emulators.firestore);
  return db;
}

/** What this client writes is there at once, and its times come with the answer: until then they are this clock's. */
const ESTIMATED = { serverTimestamps: "estimate" } as const;

/** Listens to a document; `undefined`: the server says that there is none. */
export function watchDocument<T>(
  db: Firestore,
  path: string,
  next: Next<T | undefined>,
  fail: Fail,
): Unsubscribe {
  let before: string | undefined;
  // Where a document is missing offline, only the metadata tell when the server has missed it, too.
  return onSnapshot(
    doc(db, path),
    { includeMetadataChanges: true },
    (snapshot) => {
      if (!snapshot.exists() && snapshot.metadata.fromCache) return;
      const data = snapshot.data(ESTIMATED);
      const now = JSON.stringify(data ?? null);
      if (now === before) return;
      before = now;
      next(data as T | undefined);
    },
    (error) => fail(errorOf(error)),
  );
}

export function watchList<T>(db: Firestore, listing: Listing, next: Next<Items<T>>, fail: Fail): Unsubscribe {
  return onSnapshot(
    queryOf(db, listing),
    { includeMetadataChanges: true },
    (snapshot) => {
      const isWhole = !snapshot.metadata.fromCache;
      if (snapshot.empty && !isWhole) return;
      const changed = snapshot.docChanges().filter(({ type }) => type !== "removed");
      next({
        all: snapshot.docs.map(listed<T>),
        changed: changed.map((each) => listed<T>(each.doc)),
        isWhole,
      });
    },
    (error) => fail(errorOf(error)),
  );
}

/** A document as it is now; `undefined`: there is none, or it is not the user's to read. */
export async function readDocument<T>(db: Firestore, path: string): Promise<Listed<T> | undefined> {
  try {
    const found = await getDoc(doc(db, path));
    return found.exists() ? listed<T>(found) : undefined;
  } catch (error) {
    const known = errorOf(error);
    // The rules ask whose it is, and of what is not there nobody can say.
    if (known.reason === "permission-denied") return undefined;
    throw known;
  }
}

/** Page after page of a list; the last one is shorter, or empty. */
export async function* pages<T>(
  db: Firestore,
  listing: Listing,
  size: number,
): AsyncGenerator<Listed<T>[], void> {
  let last: QueryDocumentSnapshot | undefined;
  do {
    const from = last ? [startAfter(last)] : [];
    const { docs } = await getDocs(query(queryOf(db, listing), ...from, limit(size))).catch((error) => {
      throw errorOf(error);
    });
    yield docs.map(listed<T>);
    last = docs[size - 1];
  } while (last);
}

/** The teams that a user is in, each with the role that they have there. */
export async function teamsOf(db: Firestore, uid: string): Promise<Mine[]> {
  const memberships = query(collectionGroup(db, "members"), where("uid", "==", uid));
  const { docs } = await getDocs(memberships).catch((error) => {
    throw errorOf(error);
  });
  const teams = docs.map(async (member) => {
    const team = member.ref.parent.parent;
    const found = team && (await getDoc(team).catch(() => undefined));
    const { role } = member.data() as Member; // left meanwhile: the team is not to be read any more
    return found?.exists() ? { ...(found.data() as Team), role } : undefined;
  });
  return (await Promise.all(teams)).filter((team) => team !== undefined);
}

function queryOf(db: Firestore, { of, isGroup, asked = {}, orderBy: order, limit: most }: Listing): Query {
  const from: Query | CollectionReference = isGroup ? collectionGroup(db, of) : collection(db, of);
  const conditions = Object.entries(asked)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => where(name, Array.isArray(value) ? "in" : "==", value));
  const sorted = order ? [orderBy(order.replace("-", ""), order.startsWith("-") ? "desc" : "asc")] : [];
  return query(from, ...conditions, ...sorted, ...(most ? [limit(most)] : []));
}

function listed<T>(found: QueryDocumentSnapshot<DocumentData>): Listed<T> {
  return { ...(found.data(ESTIMATED) as T), id: found.id };
}
