// What searches have found, one store for each search, forgotten when somebody else signs in.
import type { SearchGenerationsRequest } from "@mediaforge/client";
import { useSyncExternalStore } from "react";
import * as kept from "@/kept/db";
import { mediaForge } from "@/live/client";
import type { Generation } from "@/live/generation";
import { currentUid, onSession } from "@/live/session";
import { createFound, type Found, type FoundStore, type LastPage } from "./found";
import type { Shelf } from "./shelf";

export type { Found, FoundStore } from "./found";
export { type Item, itemAt, type Shelf, type Status, without } from "./shelf";

/** What is searched for: `searchGenerations` without its page. */
export type Search = Readonly<Omit<SearchGenerationsRequest, "limit" | "cursor">>;

export const PAGE_SIZE = 60;
/** The searches before this one, for the way back. */
const STORES_MAX = 6;
const stores = new Map<string, FoundStore>();
/** The list that one comes from: what details and comparisons walk through. */
let list: FoundStore | undefined;

let owner: string | undefined;
onSession(() => {
  if (currentUid() === owner) return; // the same one, perhaps with another name
  owner = currentUid();
  stores.clear();
  list = undefined;
});

/** The store of a search of this user's. It asks for nothing until `more` is called. */
export function foundBy(uid: string, search: Search): FoundStore {
  const key = JSON.stringify([uid, search]);
  const store = stores.get(key) ?? createFound(asking(search), lastPage(uid, search));
  stores.delete(key); // the last used stands last
  stores.set(key, store);
  for (const oldest of stores.keys()) if (stores.size > STORES_MAX) stores.delete(oldest);
  list = store;
  return store;
}

export function useFound(store: FoundStore | undefined): Found | undefined {
  return useSyncExternalStore(
    store?.subscribe ?? nothing,
    () => store?.read(),
    () => undefined,
  );
}

/** The list that was looked at last; undefined: the page was opened by its address. */
export function lastList(): FoundStore | undefined {
  return list;
}

/** A change in all that was found. */
export function changeFound(change: (shelf: Shelf) => Shelf): void {
  for (const store of stores.values()) store.change(change);
}

export function removeFound(paths: ReadonlySet<string>): void {
  for (const store of stores.values()) store.remove(paths);
}

function nothing(): () => void {
  return () => {};
}

function asking(search: Search) {
  return async (cursor?: string) =>
    (await mediaForge()).searchGenerations({ ...search, limit: PAGE_SIZE, ...(cursor && { cursor }) });
}

/** The first page of the plain library is kept in this browser. */
function lastPage(uid: string, search: Search): LastPage | undefined {
  const isPlain = Object.entries(search).every(
    ([name, value]) => name === "teamId" || (name === "status" && value === "completed"),
  );
  if (!isPlain) return undefined;
  const key = `${uid}/library/${search.teamId ?? ""}`;
  return {
    read: () => kept.read<{ items: readonly Generation[]; at: number }>("pages", key),
    write: (items) => {
      if (currentUid() === uid) kept.write("pages", key, { items, at: Date.now() }).catch(() => undefined);
    },
  };
}
