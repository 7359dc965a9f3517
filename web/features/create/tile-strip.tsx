"use client";
import { Columns2, Download, ImagePlus, Repeat2, Star } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import type { Generation } from "@/live/generation";
import { mark } from "@/live/marks";
import { addressOf } from "@/parts/generation-address";
import { IconButton } from "@/parts/icon-button";
import { create } from "@/words/create";
import { keys, job as words } from "@/words/en";
import { addPicture } from "./bar-pictures";

interface Props {
  readonly generation: Generation;
  readonly picture: number;
  readonly onUseAgain: () => void;
}

/** What can be done with a picture, over its lower edge. */
export function Strip({ generation, picture, onUseAgain }: Props) {
  const { path, generationData } = generation;
  const [isFavourite, setFavourite] = useState(generation.favourite);
  const star = () => {
    setFavourite(!isFavourite);
    mark([path], { favourite: !isFavourite }).catch(() => setFavourite(isFavourite));
  };
  const file = generationData?.videoUrl ?? generationData?.imageUrls[picture];
  const storagePath = generationData?.videoUrl ? undefined : generationData?.storagePaths[picture];
  return (
    <>
      <IconButton label={keys.favourite} aria-pressed={isFavourite} onPicture onClick={star}>
        <Star size={16} aria-hidden fill={isFavourite ? "currentColor" : "none"} />
      </IconButton>
      <IconButton label={words.useAgain} onPicture onClick={onUseAgain}>
        <Repeat2 size={16} aria-hidden />
      </IconButton>
      {storagePath && (
        <IconButton
          label={create.asReference}
          onPicture
          onClick={() => addPicture(storagePath, generationData?.thumbnailUrls[picture], "references")}
        >
          <ImagePlus size={16} aria-hidden />
        </IconButton>
      )}
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
