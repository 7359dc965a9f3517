// What is said aloud of a batch while it runs. Pure, but for the hook at its end.
import { useEffect, useRef } from "react";
import { type Batch, shareOf } from "@/live/batches";
import { statusWords, newsWords as words } from "@/words/batches";
import { announce } from "./live-region";

type Told = Pick<Batch, "id" | "name" | "status" | "counts">;

const QUARTERS = [25, 50, 75, 100];

/** The quarter that was reached between two states; undefined: none. */
export function quarterReached(
  before: Pick<Batch, "counts">,
  now: Pick<Batch, "counts">,
): number | undefined {
  const [from, to] = [shareOf(before) * 100, shareOf(now) * 100];
  return QUARTERS.findLast((quarter) => from < quarter && to >= quarter);
}

/** The quarter that was reached and the change of the status; nothing else of a batch is said. */
export function newsOf(before: Told, now: Told): string {
  const quarter = quarterReached(before, now);
  const news = [quarter && words.percent(quarter), before.status !== now.status && statusWords[now.status]];
  const said = news.filter(Boolean).join(". ");
  return said && `${now.name}: ${said}`;
}

/** Says what changes of these batches. Of one that was never seen before nothing is said. */
export function useBatchNews(batches: readonly Told[]): void {
  const last = useRef(new Map<string, Told>());
  useEffect(() => {
    const news = batches.map((batch) => newsOf(last.current.get(batch.id) ?? batch, batch)).filter(Boolean);
    for (const batch of batches) last.current.set(batch.id, batch);
    if (news.length) announce(news.join(". "));
  }, [batches]);
}
