// What the library holds of each generation: one entry in each of a few arrays, about 300 bytes in all, so
// that ten thousand are no burden. Everything else is read when one is opened.
export type Status = "queued" | "processing" | "completed" | "failed" | "cancelled";
const STATUSES: readonly Status[] = ["queued", "processing", "completed", "failed", "cancelled"];
/** So much of the prompt names a tile. */
const TITLE_MAX = 100;

export interface Item {
  readonly path: string;
  /** Width by height. */
  readonly ratio: number;
  /** The address of the thumbnail that is shown first; empty where there is none. */
  readonly cover: string;
  /** When it was accepted, in ms. */
  readonly createdAt: number;
  readonly title: string;
  readonly status: Status;
  readonly isVideo: boolean;
  readonly isFavourite: boolean;
  /** How many pictures were made. */
  readonly count: number;
  /** How many were asked for and could not be made. */
  readonly missing: number;
  readonly isReused: boolean;
  /** Of a video, rounded; else 0. */
  readonly seconds: number;
  readonly tags: readonly string[];
}

/** Newest first. It never changes: what changes it answers another one. */
export interface Shelf {
  readonly paths: readonly string[];
  readonly ratios: readonly number[];
  readonly covers: readonly string[];
  readonly createdAt: readonly number[];
  readonly titles: readonly string[];
  readonly flags: readonly number[];
  /** Of those that have any. */
  readonly tags: ReadonlyMap<string, readonly string[]>;
}

const NO_TAGS: readonly string[] = [];

export const EMPTY: Shelf = {
  paths: [],
  ratios: [],
  covers: [],
  createdAt: [],
  titles: [],
  flags: [],
  tags: new Map(),
};

export function itemAt(shelf: Shelf, index: number): Item | undefined {
  const path = shelf.paths[index];
  if (path === undefined) return undefined;
  return {
    path,
    ratio: shelf.ratios[index] ?? 1,
    cover: shelf.covers[index] ?? "",
    createdAt: shelf.createdAt[index] ?? 0,
    title: shelf.titles[index] ?? "",
    tags: shelf.tags.get(path) ?? NO_TAGS,
    ...unpacked(shelf.flags[index] ?? 0),
  };
}

/** With these: one that is there already is replaced, a new one comes to its place by its time. */
export function shelved(shelf: Shelf, items: readonly Item[]): Shelf {
  if (areOlder(shelf, items)) return appended(shelf, items);
  const places = new Map(shelf.paths.map((path, index) => [path, index]));
  const all = shelf.paths.map((_, index) => index);
  const next = copy(shelf);
  for (const item of new Map(items.map((each) => [each.path, each])).values()) {
    const at = places.get(item.path) ?? next.paths.length;
    if (at === next.paths.length) all.push(at);
    put(next, at, item);
  }
  const newest = (one: number, other: number) =>
    (next.createdAt[other] ?? 0) - (next.createdAt[one] ?? 0) || one - other;
  return picked(next, all.sort(newest));
}

/** Whether all are older than what is there, newest first: then none of them is there, and none comes between. */
function areOlder(shelf: Shelf, items: readonly Item[]): boolean {
  let before = shelf.createdAt.at(-1) ?? Number.POSITIVE_INFINITY;
  return items.every(({ createdAt }) => {
    const isOlder = createdAt < before;
    before = createdAt;
    return isOlder;
  });
}

/** As almost every page comes: what is there is not looked at again, however much it is. */
function appended(shelf: Shelf, items: readonly Item[]): Shelf {
  const next = copy(shelf);
  for (const item of items) put(next, next.paths.length, item);
  return next;
}

export function without(shelf: Shelf, gone: ReadonlySet<string>): Shelf {
  if (!shelf.paths.some((path) => gone.has(path))) return shelf;
  const rest = shelf.paths.flatMap((path, index) => (gone.has(path) ? [] : [index]));
  return picked(shelf, rest);
}

/** With a change of those that are there. */
export function changed(shelf: Shelf, paths: ReadonlySet<string>, change: Partial<Item>): Shelf {
  const next = copy(shelf);
  shelf.paths.forEach((path, index) => {
    const item = paths.has(path) && itemAt(shelf, index);
    if (item) put(next, index, { ...item, ...change });
  });
  return next;
}

type Open = {
  -readonly [Field in keyof Shelf]: Shelf[Field] extends readonly (infer T)[] ? T[] : Shelf[Field];
} & {
  tags: Map<string, readonly string[]>;
};

function copy(shelf: Shelf): Open {
  return {
    paths: [...shelf.paths],
    ratios: [...shelf.ratios],
    covers: [...shelf.covers],
    createdAt: [...shelf.createdAt],
    titles: [...shelf.titles],
    flags: [...shelf.flags],
    tags: new Map(shelf.tags),
  };
}

function put(shelf: Open, index: number, item: Item): void {
  shelf.paths[index] = item.path;
  shelf.ratios[index] = item.ratio;
  shelf.covers[index] = item.cover;
  shelf.createdAt[index] = item.createdAt;
  shelf.titles[index] = item.title.slice(0, TITLE_MAX);
  shelf.flags[index] = packed(item);
  if (item.tags.length) shelf.tags.set(item.path, item.tags);
  else shelf.tags.delete(item.path);
}

function picked(shelf: Shelf, order: readonly number[]): Shelf {
  const pick = <T>(values: readonly T[]) => order.map((index) => values[index] as T);
  return {
    paths: pick(shelf.paths),
    ratios: pick(shelf.ratios),
    covers: pick(shelf.covers),
    createdAt: pick(shelf.createdAt),
    titles: pick(shelf.titles),
    flags: pick(shelf.flags),
    tags: shelf.tags,
  };
}

type Flags = Pick<Item, "status" | "isVideo" | "isFavourite" | "isReused" | "count" | "missing" | "seconds">;

/** Bits from below: 3 status, 1 video, 1 favourite, 1 reused, 3 count, 3 missing, 10 seconds. */
export function packed(flags: Flags): number {
  return (
    STATUSES.indexOf(flags.status) |
    (Number(flags.isVideo) << 3) |
    (Number(flags.isFavourite) << 4) |
    (Number(flags.isReused) << 5) |
    (Math.min(flags.count, 7) << 6) |
    (Math.min(flags.missing, 7) << 9) |
    (Math.min(Math.round(flags.seconds), 1023) << 12)
  );
}

export function unpacked(flags: number): Flags {
  return {
    status: STATUSES[flags & 7] ?? "completed",
    isVideo: Boolean((flags >> 3) & 1),
    isFavourite: Boolean((flags >> 4) & 1),
    isReused: Boolean((flags >> 5) & 1),
    count: (flags >> 6) & 7,
    missing: (flags >> 9) & 7,
    seconds: (flags >> 12) & 1023,
  };
}
