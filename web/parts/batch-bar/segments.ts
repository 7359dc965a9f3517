/** The one bar of a batch: its rows by what has become of them. Pure. */
import type { Counts } from "@/live/batches";

export type Segment = "completed" | "processing" | "failed" | "cancelled" | "queued";

/** From the left: what is over, what is made, what went wrong, what waits. */
export const ORDER: readonly Segment[] = ["completed", "processing", "failed", "cancelled", "queued"];

export interface Part {
  readonly of: Segment;
  readonly rows: number;
  /** Of the whole width; all together are 100. */
  readonly percent: number;
}

/** So wide is even one row of a hundred: it has to be seen. */
const LEAST_PERCENT = 2;

export function segmentsOf(counts: Counts): Part[] {
  const there = ORDER.map((of) => ({ of, rows: Math.max(0, counts[of]) })).filter(({ rows }) => rows > 0);
  const total = there.reduce((sum, { rows }) => sum + rows, 0);
  const wide = there.map((part) => ({ ...part, percent: (part.rows / total) * 100 }));
  const lacking = wide.reduce((sum, { percent }) => sum + Math.max(0, LEAST_PERCENT - percent), 0);
  const spare = wide.reduce((sum, { percent }) => sum + Math.max(0, percent - LEAST_PERCENT), 0);
  return wide.map((part) => {
    const { percent } = part;
    if (percent <= LEAST_PERCENT) return { ...part, percent: LEAST_PERCENT };
    return { ...part, percent: percent - (lacking * (percent - LEAST_PERCENT)) / spare };
  });
}
