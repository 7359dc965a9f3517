/** What is said of a batch as a whole. Pure. */
import type { Batch, BatchRow } from "@/live/batches";
import { moment } from "@/parts/clock";
import { listWords, runWords as words } from "@/words/batches";

export const isoOf = ({ seconds }: { readonly seconds: number }): string =>
  new Date(seconds * 1000).toISOString();

export function summaryOf({ status, counts, credits, scheduled_at }: Batch): string {
  const { completed, failed, processing } = counts;
  const back = credits.estimated - credits.charged;
  switch (status) {
    case "queued":
      return scheduled_at ? words.scheduled(moment(isoOf(scheduled_at))) : words.queued;
    case "running":
      return `${listWords.counts(counts)}.`;
    case "paused":
      return words.pausedRunning(processing);
    case "completed":
      return words.completed(completed, failed, credits.charged, back);
    case "cancelled":
      return processing ? words.cancelling(processing) : words.cancelled(completed, credits.charged);
  }
}

/** What a cancel ends, and gives back. */
export function cancelOf({ counts }: Batch, rows: readonly BatchRow[]) {
  const waiting = rows.filter(({ status }) => status === "queued");
  const freed = waiting.reduce((sum, { credits }) => sum + credits.estimated, 0);
  return { waiting: counts.queued, running: counts.processing, freed };
}

const QUARTERS = [25, 50, 75, 100];

/** The quarter that was reached between two states; undefined: none. */
export function quarterReached(before: Batch["counts"], now: Batch["counts"]): number | undefined {
  const percent = ({ completed, failed, cancelled, total }: Batch["counts"]) =>
    total ? ((completed + failed + cancelled) / total) * 100 : 0;
  return QUARTERS.findLast((quarter) => percent(before) < quarter && percent(now) >= quarter);
}
