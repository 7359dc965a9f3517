"use client";
import Link from "next/link";
import { useState } from "react";
import { cancelJob, retryJob, useCancelling } from "@/live/control";
import { type Generation, promptOf } from "@/live/generation";
import { Button } from "@/parts/button";
import { elapsed, moment, useNow } from "@/parts/clock";
import { useAgainAddress, viewAddress } from "@/parts/generation-address";
import { type FaceAction, stateOf } from "@/parts/job-face";
import { setLayer } from "@/parts/layers";
import { LazyAlertDialog as AlertDialog } from "@/parts/lazy-dialog";
import { credits, refusal, job as words } from "@/words/en";
import { jobs } from "@/words/jobs";

interface Props {
  readonly job: Generation;
  readonly mayAct: boolean;
}

export function JobRow({ job, mayAct }: Props) {
  const isCancelling = useCancelling().has(job.path);
  const state = stateOf(job, { isCancelling, moment });
  const [price, setPrice] = useState<number>();
  const [failed, setFailed] = useState("");
  const thumbnail = job.generationData?.thumbnailUrls[job.cover] ?? job.generationData?.thumbnailUrls[0];
  const trying = async (act: Promise<unknown>) => {
    await act.catch((error: { reason: string; message: string }) => setFailed(refusal(error)));
  };
  const cancel = async (accept: boolean) => setPrice(await cancelJob(job, accept));
  const press = (action: FaceAction) => {
    if (action === "cancel") void trying(cancel(false));
    else if (action === "retry") void trying(retryJob(job));
  };
  const isMade = job.status === "completed";
  const isByButton = state.action === "cancel" || state.action === "retry";
  return (
    <li className="flex min-h-14 items-center gap-3 py-1">
      <span className="size-12 shrink-0 overflow-hidden rounded-picture bg-skeleton">
        {thumbnail && <img src={thumbnail} alt="" className="h-full w-full object-cover" />}
      </span>
      <div className="min-w-0 flex-1">
        <p className="truncate text-control">{promptOf(job)}</p>
        <p className="text-meta text-text2 tabular-nums">
          {failed || state.says || credits(job.credits.charged)}
          {job.status === "processing" && <Progress job={job} />}
          {job.status === "queued" && ` · ${credits(job.credits.estimated)}`}
        </p>
      </div>
      {isMade ? (
        <Link href={viewAddress(job.path)} className="text-accent-text text-control hover:underline">
          {jobs.open}
        </Link>
      ) : state.action && mayAct && isByButton ? (
        <Button look="quiet" onClick={() => state.action && press(state.action)}>
          {state.offers}
        </Button>
      ) : (
        state.action &&
        mayAct && (
          <Link
            href={useAgainAddress(job.path)}
            onClick={() => setLayer("jobs", false)}
            className="text-accent-text text-control hover:underline"
          >
            {state.offers}
          </Link>
        )
      )}
      <AlertDialog
        open={price !== undefined}
        onOpenChange={() => setPrice(undefined)}
        title={words.cancelPaid(price ?? 0)}
        body={words.cancelPaidBody}
        keep={words.letFinish}
        confirm={words.cancelAndPay(price ?? 0)}
        onConfirm={() => void trying(cancel(true))}
      />
    </li>
  );
}

function Progress({ job }: { readonly job: Generation }) {
  const now = useNow();
  const share = job.progress > 0 ? ` · ${jobs.percent(job.progress)}` : "";
  return now > 0 && `${share} · ${elapsed(now - Date.parse(job.createdAt))}`;
}
