/** What is said of a batch as a whole. Pure. */
import type { Batch, BatchRow } from "@/live/batches";
import { listWords, runWords as words } from "@/words/batches";
import { moment } from "./clock";

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
