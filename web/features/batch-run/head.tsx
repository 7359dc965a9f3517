import { CircleStop, Copy, Pause, Play, Share2 } from "lucide-react";
import Link from "next/link";
import { lazy, Suspense, useState } from "react";
import { type Batch, type BatchRow, hasEnded } from "@/live/batches";
import { BatchBar } from "@/parts/batch-bar";
import { cancelOf, summaryOf } from "@/parts/batch-summary";
import { Button } from "@/parts/button";
import { LazyAlertDialog as AlertDialog } from "@/parts/lazy-dialog";
import { runWords as words } from "@/words/batches";
import { Exports } from "./exports";

const ShareDialog = lazy(() => import("./share-dialog"));

export type Act = "pause" | "resume" | "cancel" | "retryFailed";

interface Props {
  readonly batch: Batch;
  readonly rows: readonly BatchRow[];
  readonly mayControl: boolean;
  readonly mayExport: boolean;
  readonly busy: Act | undefined;
  readonly onAct: (act: Act) => void;
  /** Why nothing can be done now. */
  readonly unavailable: string | undefined;
}

export function Head({ batch, rows, mayControl, mayExport, busy, onAct, unavailable }: Props) {
  const [isAsking, setAsking] = useState(false);
  const [isSharing, setSharing] = useState(false);
  const { waiting, running, freed } = cancelOf(batch, rows);
  const isPaused = batch.status === "paused";
  const { charged, estimated } = batch.credits;
  return (
    <header className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-2">
        <h1 tabIndex={-1} className="me-auto min-w-0 truncate text-page font-semibold">
          {batch.name}
        </h1>
        {mayControl && !hasEnded(batch) && (
          <>
            <Button
              icon={isPaused ? <Play size={16} aria-hidden /> : <Pause size={16} aria-hidden />}
              disabled={busy === "pause" || busy === "resume"}
              unavailable={unavailable}
              onClick={() => onAct(isPaused ? "resume" : "pause")}
            >
              {isPaused ? words.resume : words.pause}
            </Button>
            <Button
              icon={<CircleStop size={16} aria-hidden />}
              disabled={busy === "cancel"}
              unavailable={unavailable}
              onClick={() => setAsking(true)}
            >
              {words.cancel}
            </Button>
          </>
        )}
        {mayExport && <Exports batchId={batch.id} name={batch.name} unavailable={unavailable} />}
        {mayControl && (
          <Button
            icon={<Share2 size={16} aria-hidden />}
            unavailable={unavailable}
            onClick={() => setSharing(true)}
          >
            {words.share}
          </Button>
        )}
        {mayExport && (
          <Link
            href={`/batches/new?copy=${batch.id}&name=${encodeURIComponent(batch.name)}`}
            className="inline-flex h-control items-center gap-1.5 rounded-control px-2.5 font-medium text-control text-text2 hover:bg-hover"
          >
            <Copy size={16} aria-hidden />
            {words.copy}
          </Link>
        )}
      </div>
      <BatchBar counts={batch.counts} status={batch.status} height="thick" />
      <p className="flex flex-wrap justify-between gap-x-4 text-control text-text2 tabular-nums">
        <span className={isPaused ? "text-wait" : undefined}>{summaryOf(batch)}</span>
        <span>{words.price(hasEnded(batch) ? charged : estimated)}</span>
      </p>
      <AlertDialog
        open={isAsking}
        onOpenChange={setAsking}
        title={words.cancelTitle(batch.name)}
        body={words.cancelBody(waiting, freed, running)}
        keep={words.keep}
        confirm={words.cancelDo(waiting + running)}
        onConfirm={() => onAct("cancel")}
      />
      {isSharing && (
        <Suspense>
          <ShareDialog batchId={batch.id} onClose={() => setSharing(false)} />
        </Suspense>
      )}
    </header>
  );
}
