/** The ledger as it is read: all entries of one job, or of one batch, are one line. Pure. */
import type { ListedEntry } from "@/live/ledger";

export interface Line {
  readonly key: string;
  readonly kind: "job" | "batch" | "brief" | "single";
  /** The batch or the job; undefined for all else. */
  readonly id: string | undefined;
  /** What the job makes, and who asked for it; undefined where its entries do not say so. */
  readonly makes: string | undefined;
  readonly uid: string | undefined;
  /** Newest first. */
  readonly entries: readonly [ListedEntry, ...ListedEntry[]];
  /** What the entries add to `available`. */
  readonly change: number;
  readonly held: number;
  readonly charged: number;
  /** What is held still. */
  readonly open: number;
  /** Whether its first hold is here: else its older entries are on a later page. */
  readonly isWhole: boolean;
}

/** Lines of entries that come newest first; each stands where its newest entry does. */
export function linesOf(entries: readonly ListedEntry[]): Line[] {
  const groups = new Map<string, [ListedEntry, ...ListedEntry[]]>();
  for (const entry of entries) {
    const key = keyOf(entry);
    const group = groups.get(key);
    if (group) group.push(entry);
    else groups.set(key, [entry]);
  }
  return [...groups].map(([key, group]) => lineOf(key, group));
}

/** A row's entries belong to its batch's line: the batch has held for all of its rows. */
function keyOf({ id, type, batch_id, job_id }: ListedEntry): string {
  if (batch_id) return `batch ${batch_id}`;
  if (job_id) return `job ${job_id}`;
  // What else is held is for a brief to the director: `{id}:{type}:{times}`.
  return type === "grant" || type === "adjust" ? `single ${id}` : `brief ${id.replace(`:${type}`, "")}`;
}

function lineOf(key: string, entries: [ListedEntry, ...ListedEntry[]]): Line {
  const { batch_id, job_id } = entries[0];
  const kind = key.slice(0, key.indexOf(" ")) as Line["kind"];
  const id = batch_id ?? job_id ?? undefined;
  const hold = entries.find(({ type, id: name }) => type === "hold" && (!id || name === `${id}:hold`));
  const sum = (type: ListedEntry["type"]) =>
    entries.reduce((total, entry) => total + (entry.type === type ? entry.amount : 0), 0);
  const [held, charged] = [sum("hold"), sum("capture")];
  return {
    key,
    kind,
    id,
    makes: (kind === "job" && entries[0].kind) || undefined,
    uid: hold?.actor,
    entries,
    change: entries.reduce((total, entry) => total + changeOf(entry), 0),
    held,
    charged,
    open: Math.max(0, held - charged - sum("release")),
    isWhole: kind === "single" || hold !== undefined,
  };
}

/** What an entry adds to `available`. */
export function changeOf({ type, amount }: ListedEntry): number {
  if (type === "capture") return 0; // it takes from what is held
  return type === "hold" ? -amount : amount;
}
