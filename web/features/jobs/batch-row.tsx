import { Rows3 } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { type Batch, hasEnded } from "@/live/batches";
import { controlBatch } from "@/live/control";
import { failureOf } from "@/live/store";
import { BatchBar } from "@/parts/batch-bar";
import { summaryOf } from "@/parts/batch-summary";
import { Button } from "@/parts/button";
import { runWords } from "@/words/batches";
import { refusal } from "@/words/en";
import { jobs as words } from "@/words/jobs";

interface Props {
  readonly batch: Batch;
  readonly mayAct: boolean;
}

/** A batch is one row, however many rows it has. */
export function BatchRow({ batch, mayAct }: Props) {
  const [isBusy, setBusy] = useState(false);
  const [failed, setFailed] = useState("");
  const { id: batchId, name, status, counts } = batch;
  const action = status === "paused" ? "resume" : "pause";
  const press = () => {
    setBusy(true);
    setFailed("");
    controlBatch({ batchId, action })
      .catch((error: unknown) => {
        const failure = failureOf(error);
        // It has ended meanwhile: its row says so itself.
        if (failure.reason !== "illegal-state") setFailed(refusal(failure));
      })
      .finally(() => setBusy(false));
  };
  return (
    <li className="flex min-h-14 items-center gap-3 py-1">
      <span className="grid size-12 shrink-0 place-items-center rounded-picture bg-skeleton text-text3">
        <Rows3 size={20} strokeWidth={1.75} aria-hidden />
      </span>
      <div className="min-w-0 flex-1">
        <p className="truncate text-control">{words.batch(name)}</p>
        <p className="truncate text-meta text-text2 tabular-nums">{failed || summaryOf(batch)}</p>
        <BatchBar counts={counts} status={status} />
      </div>
      {mayAct && !hasEnded(batch) && (
        <Button look="quiet" disabled={isBusy} onClick={press}>
          {runWords[action]}
        </Button>
      )}
      <Link href={`/batch?id=${batchId}`} className="text-accent-text text-control hover:underline">
        {words.open}
      </Link>
    </li>
  );
}
