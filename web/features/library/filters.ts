// The library's filters, and the query of its address that names them. What an address names wrongly is
// passed over, so that an old link still shows something.
import type { Search } from "@/live/found";
import { addressOf, pathAt } from "@/parts/generation-address";

const KINDS = ["image", "video"] as const;
const STATUSES = ["completed", "failed", "cancelled", "queued", "processing"] as const;
const SIZES = ["s", "m", "l"] as const;
const TEXT_MAX = 200;

export type Kind = (typeof KINDS)[number];
export type Status = (typeof STATUSES)[number];
export type Size = (typeof SIZES)[number];

export interface Filters {
  readonly text: string;
  /** undefined: images and videos. */
  readonly kind: Kind | undefined;
  readonly status: Status;
  readonly model: string | undefined;
  readonly brand: string | undefined;
  readonly batch: string | undefined;
  readonly tag: string | undefined;
  readonly favourite: boolean;
  /** Days, like 2026-11-28, of the reader's own time zone; both are within. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** undefined: whatever is chosen as who pays. */
  readonly team: string | undefined;
}

export interface Address extends Filters {
  /** The height of rows; undefined: as this browser's user has chosen. */
  readonly size: Size | undefined;
  /** The path of the generation that is open over the grid. */
  readonly open: string | undefined;
}

export const NO_FILTERS: Filters = {
  text: "",
  kind: undefined,
  status: "completed",
  model: undefined,
  brand: undefined,
  batch: undefined,
  tag: undefined,
  favourite: false,
  from: undefined,
  to: undefined,
  team: undefined,
};

/** What takes all filters and the search away; the team stays. */
const { team: _, ...cleared } = NO_FILTERS;
export const CLEARED: Partial<Filters> = cleared;

type Query = Pick<URLSearchParams, "get">;

export function read(query: Query): Address {
  const name = (key: string) => query.get(key)?.trim().slice(0, 128) || undefined;
  return {
    text: (query.get("q") ?? "").slice(0, TEXT_MAX),
    kind: oneOf(KINDS, query.get("kind")),
    status: oneOf(STATUSES, query.get("status")) ?? "completed",
    model: name("model"),
    brand: name("brand"),
    batch: name("batch"),
    tag: name("tag")?.slice(0, 40).toLowerCase(),
    favourite: query.get("fav") === "1",
    from: day(query.get("from")),
    to: day(query.get("to")),
    team: name("team"),
    size: oneOf(SIZES, query.get("size")),
    open: pathAt(query.get("open")),
  };
}

/** The query, with its `?`, that names this; empty where nothing differs from the plain library. */
export function write(address: Address): string {
  const said = new URLSearchParams();
  const put = (key: string, value: string | undefined) => value && said.set(key, value);
  put("q", address.text.trim());
  put("kind", address.kind);
  put("status", address.status === "completed" ? undefined : address.status);
  put("model", address.model);
  put("brand", address.brand);
  put("batch", address.batch);
  put("tag", address.tag);
  put("fav", address.favourite ? "1" : undefined);
  put("from", address.from);
  put("to", address.to);
  put("team", address.team);
  put("size", address.size);
  put("open", address.open && addressOf(address.open));
  const query = said.toString().replaceAll("%2F", "/");
  return query && `?${query}`;
}

/** How many filters there are beside the search; what a phone's button says. */
export function countOf(filters: Filters): number {
  const { kind, status, model, brand, batch, tag, favourite, from, to } = filters;
  return [kind, status !== "completed", model, brand, batch, tag, favourite, from, to].filter(Boolean).length;
}

export function isFiltered(filters: Filters): boolean {
  return countOf(filters) > 0 || filters.text.trim() !== "";
}

/** What is asked for; who pays has a team, or none. */
export function asked(filters: Filters, payer: string | undefined): Search {
  const { from, to, favourite } = filters;
  const fields = {
    text: filters.text.trim() || undefined,
    kind: filters.kind,
    status: filters.status,
    model: filters.model,
    brandId: filters.brand,
    batchId: filters.batch,
    tag: filters.tag,
    favourite: favourite || undefined,
    from: from && new Date(`${from}T00:00:00`).toISOString(),
    to: to && new Date(`${to}T23:59:59.999`).toISOString(),
    teamId: filters.team ?? payer,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Search;
}

function oneOf<T extends string>(values: readonly T[], value: string | null): T | undefined {
  return values.find((each) => each === value);
}

function day(value: string | null): string | undefined {
  const isDay = value && /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(`${value}T00:00:00`));
  return isDay ? value : undefined;
}
