"use client";
import { useRouter } from "next/navigation";
import { useEffect, useMemo, useRef } from "react";
import { type Batch, useEndedBatches, useOpenBatches } from "@/live/batches";
import { useBatchNews } from "@/parts/batch-news";
import { summaryOf } from "@/parts/batch-summary";
import { toast } from "@/parts/toasts";
import { newsWords } from "@/words/batches";
import { jobs as words } from "@/words/jobs";

const NONE: readonly Batch[] = [];
const addressOf = ({ id }: Batch) => `/batch?id=${id}`;
const isShown = (batch: Batch) => window.location.href.includes(addressOf(batch));

/** Says how far the batches of who pays are, and tells of the end of one on any page but its own. */
export default function BatchWatch() {
  const open = useOpenBatches().value ?? NONE;
  const ended = useEndedBatches();
  const router = useRouter();
  const told = useRef(new WeakSet<Batch>());
  // A toast says itself aloud.
  useBatchNews(useMemo(() => [...ended.filter(isShown), ...open], [open, ended]));
  useEffect(() => {
    for (const batch of ended) {
      if (told.current.has(batch)) continue;
      told.current.add(batch);
      if (isShown(batch)) continue;
      const run = () => router.push(addressOf(batch));
      toast({ text: newsWords.ended(batch.name, summaryOf(batch)), action: { label: words.open, run } });
    }
  }, [ended, router]);
  return null;
}
