"use client";
import { Columns2, Download, Repeat2, Star } from "lucide-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import { memo, useState } from "react";
import { discard } from "@/kept/unsent";
import { cancelJob, retryJob } from "@/live/control";
import type { Sent } from "@/live/feed";
import { type Generation, kindOf } from "@/live/generation";
import { mark } from "@/live/marks";
import { useOnline, useReachable } from "@/live/online";
import { currentPayer } from "@/live/payer";
import { submit } from "@/live/submit";
import { addressOf, viewAddress } from "@/parts/generation-address";
import { IconButton } from "@/parts/icon-button";
import { type FaceAction, JobFace, SendingFace } from "@/parts/job-face";
import { toast } from "@/parts/toasts";
import { keys, refusal, job as words } from "@/words/en";
import { draftOf } from "./draft";
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
  return <SendingFace prompt={prompt} isOnline={isOnline} onAction={() => void discard(entry)} />;
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
      const payload = { ...generation.requestData, count: generation.missing };
      submit({ kind, payload, payer });
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

interface StripProps {
  readonly generation: Generation;
  readonly picture: number;
  readonly onUseAgain: () => void;
}

function Strip({ generation, picture, onUseAgain }: StripProps) {
  const { path, generationData } = generation;
  const [isFavourite, setFavourite] = useState(generation.favourite);
  const star = () => {
    setFavourite(!isFavourite);
    mark([path], { favourite: !isFavourite }).catch(() => setFavourite(isFavourite));
  };
  const file = generationData?.videoUrl ?? generationData?.imageUrls[picture];
  return (
    <>
      <IconButton label={keys.favourite} aria-pressed={isFavourite} onPicture onClick={star}>
        <Star size={16} aria-hidden fill={isFavourite ? "currentColor" : "none"} />
      </IconButton>
      <IconButton label={words.useAgain} onPicture onClick={onUseAgain}>
        <Repeat2 size={16} aria-hidden />
      </IconButton>
      <Link
        href={`/compare?l=${addressOf(path)}`}
        aria-label={keys.compare}
        title={keys.compare}
        className="inline-flex size-8 items-center justify-center rounded-control text-white hover:bg-scrim"
      >
        <Columns2 size={16} aria-hidden />
      </Link>
      {file && (
        <a
          href={file}
          download
          aria-label={keys.download}
          title={keys.download}
          className="inline-flex size-8 items-center justify-center rounded-control text-white hover:bg-scrim"
        >
          <Download size={16} aria-hidden />
        </a>
      )}
    </>
  );
}
