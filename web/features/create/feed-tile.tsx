"use client";
import dynamic from "next/dynamic";
import { memo, useState } from "react";
import { discard, isSafeToSend } from "@/kept/unsent";
import { againOf } from "@/live/again";
import { cancelJob, retryJob } from "@/live/control";
import type { Sent } from "@/live/feed";
import { type Generation, kindOf } from "@/live/generation";
import { useOnline, useReachable } from "@/live/online";
import { currentPayer } from "@/live/payer";
import { sendAnew, submit } from "@/live/submit";
import { viewAddress } from "@/parts/generation-address";
import { type FaceAction, JobFace, SendingFace } from "@/parts/job-face";
import { toast } from "@/parts/toasts";
import { refusal, job as words } from "@/words/en";
import { draftOf } from "./draft-of";
import { Strip } from "./tile-strip";
import { replaceDraft } from "./use-draft";

const AlertDialog = dynamic(() => import("@/parts/alert-dialog").then(({ AlertDialog }) => AlertDialog), {
  ssr: false,
});

interface Props {
  readonly sent: Sent;
  readonly picture: number;
  readonly places: { readonly active: number; readonly of: number } | undefined;
  readonly isCancelling: boolean;
}

export const FeedTile = memo(function FeedTile({ sent, picture, places, isCancelling }: Props) {
  const hasLine = useOnline();
  const isOnline = useReachable() && hasLine;
  const { entry, generation } = sent;
  if (generation) return <JobTile {...{ generation, picture, places, isCancelling }} />;
  if (!entry) return null;
  const prompt = String(entry.payload.prompt ?? "");
  // Accepted, and not in any list yet.
  if (entry.path) return <SendingFace prompt={prompt} isOnline />;
  return (
    <SendingFace
      prompt={prompt}
      isOnline={isOnline}
      isSafe={isSafeToSend(entry)}
      onAction={(action) => void (action === "send" ? sendAnew(entry) : discard(entry))}
    />
  );
});

type JobProps = Omit<Props, "sent"> & { readonly generation: Generation };

function JobTile({ generation, picture, places, isCancelling }: JobProps) {
  const [price, setPrice] = useState<number>();
  const kind = kindOf(generation) === "video" ? "video" : "image";
  const trying = async (act: Promise<unknown>) => {
    await act.catch((error: { reason: string; message: string }) =>
      toast({ text: refusal(error), isError: true }),
    );
  };
  const cancel = async (accept: boolean) => setPrice(await cancelJob(generation, accept));
  const fill = () => {
    replaceDraft(draftOf(kind, generation.requestData));
    document.querySelector<HTMLElement>("[data-prompt]")?.focus();
  };
  const act = (action: FaceAction) => {
    const payer = currentPayer();
    if (action === "cancel") void trying(cancel(false));
    else if (action === "retry" || action === "again") void trying(retryJob(generation));
    else if (action === "rest" && payer) {
      submit({ kind, payload: againOf(generation, generation.missing ?? 1), payer });
    } else fill();
  };
  return (
    <>
      <JobFace
        generation={generation}
        picture={picture}
        places={places}
        isCancelling={isCancelling}
        href={viewAddress(generation.path, picture + 1)}
        onAction={act}
        strip={<Strip generation={generation} picture={picture} onUseAgain={fill} />}
      />
      {price !== undefined && (
        <AlertDialog
          open
          onOpenChange={() => setPrice(undefined)}
          title={words.cancelPaid(price)}
          body={words.cancelPaidBody}
          keep={words.letFinish}
          confirm={words.cancelAndPay(price)}
          onConfirm={() => void trying(cancel(true))}
        />
      )}
    </>
  );
}
