/** The ledger as it is read: all entries of one job, or of one batch, are one line. Pure. */
import type { ListedEntry } from "@/live/ledger";

export interface Line {
  readonly key: string;
  readonly kind: "job" | "batch" | "single";
  /** The batch or the job; undefined for a single entry. */
  readonly id: string | undefined;
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
function keyOf({ id, batch_id, job_id }: ListedEntry): string {
  if (batch_id) return `batch ${batch_id}`;
  return job_id ? `job ${job_id}` : `single ${id}`;
}

function lineOf(key: string, entries: [ListedEntry, ...ListedEntry[]]): Line {
  const { batch_id, job_id } = entries[0];
  const kind = batch_id ? "batch" : job_id ? "job" : "single";
  const id = batch_id ?? job_id ?? undefined;
  const sum = (type: ListedEntry["type"]) =>
    entries.reduce((total, entry) => total + (entry.type === type ? entry.amount : 0), 0);
  const [held, charged] = [sum("hold"), sum("capture")];
  return {
    key,
    kind,
    id,
    entries,
    change: entries.reduce((total, entry) => total + changeOf(entry), 0),
    held,
    charged,
    open: Math.max(0, held - charged - sum("release")),
    isWhole: kind === "single" || entries.some((entry) => entry.id === `${id}:hold`),
  };
}

/** What an entry adds to `available`. */
export function changeOf({ type, amount }: ListedEntry): number {
  if (type === "capture") return 0; // it takes from what is held
  return type === "hold" ? -amount : amount;
}
