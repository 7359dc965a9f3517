"use client";
import { Play } from "lucide-react";
import Link from "next/link";
import { type MouseEvent, type ReactNode, useState } from "react";
import { type Generation, kindOf } from "@/live/generation";
import { job as words } from "@/words/en";
import { Button } from "../button";
import { elapsed } from "../clock";
import { cx } from "../cx";
import type { FaceAction, FaceState } from "./state";
import { StateIcon } from "./words";

interface Props {
  readonly generation: Generation;
  readonly prompt: string;
  readonly state: FaceState;
  readonly picture?: number;
  readonly isLarge?: boolean;
  readonly href?: string;
  readonly onOpen?: () => void;
  readonly strip?: ReactNode;
  readonly onAction?: ((action: FaceAction) => void) | undefined;
}

/** The picture, or the poster of a film. It fades in over the skeleton once it is there. */
export function Made({ generation, prompt, state, picture, isLarge, href, onOpen, strip, onAction }: Props) {
  const [isShown, setShown] = useState(false);
  const output = generation.generationData;
  const at = picture ?? generation.cover;
  const source = (isLarge && output?.imageUrls[at]) || output?.thumbnailUrls[at] || output?.imageUrls[at];
  const isVideo = kindOf(generation) === "video";
  const alt = words.alt(prompt, at + 1, output?.thumbnailUrls.length ?? 1);
  const open = (event: MouseEvent) => {
    if (!onOpen || event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    onOpen();
  };
  const image = (
    <>
      <img
        src={source}
        alt={alt}
        width={generation.width ?? undefined}
        height={generation.height ?? undefined}
        loading="lazy"
        decoding="async"
        onLoad={() => setShown(true)}
        ref={(element) => {
          if (element?.complete && element.naturalWidth > 0) setShown(true);
        }}
        className={cx("h-full w-full object-cover transition-opacity duration-160", !isShown && "opacity-0")}
      />
      {isVideo && (
        <span className="absolute top-2 right-2 flex items-center gap-1 rounded-full bg-scrim px-2 py-0.5 text-meta text-white tabular-nums">
          <Play size={12} aria-hidden />
          {elapsed((output?.durationSeconds ?? 0) * 1000)}
        </span>
      )}
    </>
  );
  return (
    <div className="group/face absolute inset-0">
      {href ? (
        <Link
          href={href}
          prefetch={false}
          onClick={open}
          className="block h-full w-full"
          aria-label={words.open(alt)}
        >
          {image}
        </Link>
      ) : (
        image
      )}
      {state.says && (
        <div className="absolute inset-x-0 bottom-0 flex min-h-7 flex-wrap items-center gap-x-2 bg-scrim px-2 text-meta text-white">
          {state.icon && <StateIcon icon={state.icon} />}
          <span className="mr-auto">{state.says}</span>
          {state.action && onAction && (
            <Button
              look="link"
              className="h-7 text-white"
              onClick={() => state.action && onAction(state.action)}
            >
              {state.offers}
            </Button>
          )}
        </div>
      )}
      {strip && !state.says && (
        <div className="pointer-coarse:hidden absolute inset-x-0 bottom-0 flex justify-end gap-0.5 bg-scrim px-1 opacity-0 transition-opacity duration-120 group-focus-within/face:opacity-100 group-hover/face:opacity-100">
          {strip}
        </div>
      )}
    </div>
  );
}
