// What a search has found so far: page after page, and what is new since. It knows no React and no
// backend: those who make one say how a page is asked for.
import type { Generation } from "@/live/generation";
import { type Failure, failureOf } from "@/live/store";
import { itemOf } from "./item";
import { EMPTY, type Item, type Shelf, shelved, without } from "./shelf";

/** Pages without items are passed over, so many at a time. */
const EMPTY_PAGES_MAX = 5;

export interface Page {
  readonly items: readonly Generation[];
  readonly cursor?: string;
}

/** What there was the last time, for when there is no line. */
export interface LastPage {
  read(): Promise<{ readonly items: readonly Generation[]; readonly at: number } | undefined>;
  write(items: readonly Generation[]): void;
}

export interface Found {
  readonly shelf: Shelf;
  /** `more`: a next page may be asked for. `end`: there is none. */
  readonly state: "loading" | "more" | "end" | "failed";
  readonly failure: Failure | undefined;
  /** What came meanwhile and is not on the shelf yet. */
  readonly fresh: readonly Item[];
  /** Those that are not completed, whole: their tiles say why. */
  readonly unfinished: ReadonlyMap<string, Generation>;
  /** Where this is what there was the last time: when that was, in ms. */
  readonly asOf: number | undefined;
}

export interface FoundStore {
  subscribe(listener: () => void): () => void;
  read(): Found;
  /** Asks for the next page, unless it is being asked for or there is none. */
  more(): Promise<void>;
  /** Asks for the newest. What is new goes on the shelf, or (`isShown` false) waits in `fresh`. */
  look(isShown: boolean): Promise<void>;
  showFresh(): void;
  change(change: (shelf: Shelf) => Shelf): void;
  remove(paths: ReadonlySet<string>): void;
}

const BEGINNING: Found = {
  shelf: EMPTY,
  state: "more",
  failure: undefined,
  fresh: [],
  unfinished: new Map(),
  asOf: undefined,
};

export function createFound(ask: (cursor?: string) => Promise<Page>, last?: LastPage): FoundStore {
  let now = BEGINNING;
  let cursor: string | undefined;
  let isBegun = false;
  const listeners = new Set<() => void>();
  const tell = (change: Partial<Found>) => {
    now = { ...now, ...change };
    for (const listener of listeners) listener();
  };
  const put = (items: readonly Generation[]) => ({
    shelf: shelved(now.shelf, items.map(itemOf)),
    unfinished: withUnfinished(now.unfinished, items),
  });

  async function nextPage(): Promise<Page> {
    let page = await ask(cursor);
    for (let skipped = 1; page.items.length === 0 && page.cursor && skipped < EMPTY_PAGES_MAX; skipped += 1) {
      page = await ask(page.cursor);
    }
    return page;
  }

  async function fallBack(failure: Failure): Promise<void> {
    const kept = isBegun ? undefined : await last?.read().catch(() => undefined);
    if (kept && !isBegun) tell({ ...put(kept.items), asOf: kept.at });
    tell({ state: "failed", failure });
  }

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    read: () => now,
    async more() {
      if (now.state === "loading" || now.state === "end") return;
      tell({ state: "loading", failure: undefined });
      try {
        const page = await nextPage();
        if (!isBegun) last?.write(page.items);
        const before = isBegun ? now.shelf : EMPTY; // what was kept may be gone by now
        now = { ...now, shelf: before };
        isBegun = true;
        cursor = page.cursor;
        tell({ ...put(page.items), state: cursor ? "more" : "end", asOf: undefined });
      } catch (error) {
        await fallBack(failureOf(error));
      }
    },
    async look(isShown) {
      if (!isBegun) return;
      const page = await ask().catch(() => undefined); // the next change looks again
      if (!page) return;
      const there = new Set([...now.shelf.paths, ...now.fresh.map(({ path }) => path)]);
      const isNew = ({ path }: Generation) => !there.has(path);
      const waiting = isShown ? [] : page.items.filter(isNew).map(itemOf);
      const shown = page.items.filter((each) => isShown || now.shelf.paths.includes(each.path));
      tell({ ...put(shown), fresh: [...waiting, ...now.fresh] });
    },
    showFresh() {
      tell({ shelf: shelved(now.shelf, now.fresh), fresh: [] });
    },
    change(change) {
      tell({ shelf: change(now.shelf) });
    },
    remove(paths) {
      tell({ shelf: without(now.shelf, paths), fresh: now.fresh.filter(({ path }) => !paths.has(path)) });
    },
  };
}

function withUnfinished(before: ReadonlyMap<string, Generation>, items: readonly Generation[]) {
  const next = new Map(before);
  for (const each of items) {
    if (each.status === "completed") next.delete(each.path);
    else next.set(each.path, each);
  }
  return next;
}
