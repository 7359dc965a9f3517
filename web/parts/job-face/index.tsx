"use client";
import type { ReactNode } from "react";
import { type Generation, kindOf, promptOf } from "@/live/generation";
import { job as words } from "@/words/en";
import { moment } from "../clock";
import { cx } from "../cx";
import { Made } from "./made";
import { type FaceAction, type FaceState, sendingState, stateOf } from "./state";
import { Ended, Waiting } from "./words";

export { type FaceAction, type FaceState, sendingState, stateOf } from "./state";

interface Common {
  /** What its one button does; left out, it has none. */
  readonly onAction?: ((action: FaceAction) => void) | undefined;
  readonly className?: string;
}

interface Props extends Common {
  readonly generation: Generation;
  /** Which of its pictures; without it, the cover. */
  readonly picture?: number;
  /** Shown at this size: then the picture itself, not its thumbnail. */
  readonly isLarge?: boolean;
  readonly places?: { readonly active: number; readonly of: number } | undefined;
  readonly isCancelling?: boolean | undefined;
  /** Where a click on its picture leads. */
  readonly href?: string;
  readonly onOpen?: () => void;
  /** Actions over the picture, seen on hover and focus. */
  readonly strip?: ReactNode;
}

/**
 * A job in any of its states. It fills the box that it is given, and never changes its size: the
 * box has the job's final ratio from the first frame on (`ratioOf`).
 */
export function JobFace({ generation, onAction, className, places, isCancelling, ...rest }: Props) {
  const state = stateOf(generation, { places, isCancelling, moment });
  const prompt = promptOf(generation);
  const isPictureOfPart = rest.picture !== undefined && generation.status === "completed";
  const output = generation.generationData;
  const isMissing = isPictureOfPart && output && !output.thumbnailUrls[rest.picture ?? 0];
  return (
    <div className={cx("relative h-full w-full overflow-hidden rounded-picture bg-skeleton", className)}>
      {state.look === "made" && output ? (
        isMissing ? (
          <Missing state={state} isFirst={rest.picture === output.thumbnailUrls.length} onAction={onAction} />
        ) : (
          <Made
            generation={generation}
            prompt={prompt}
            state={isPictureOfPart ? quiet(state) : state}
            onAction={onAction}
            {...rest}
          />
        )
      ) : state.look === "ended" ? (
        <Ended state={state} prompt={prompt} onAction={onAction} />
      ) : (
        <Waiting
          state={state}
          prompt={prompt}
          since={Date.parse(generation.createdAt)}
          progress={generation.status === "processing" ? generation.progress : undefined}
          isVideo={kindOf(generation) === "video"}
          onAction={onAction}
        />
      )}
    </div>
  );
}

/** Where each picture has a box of its own, the empty ones say what is missing. */
function quiet(state: FaceState): FaceState {
  return state.action === "rest" ? { look: "made", says: "" } : state;
}

/** The place of a picture that could not be made; the first one says why. */
function Missing({
  state,
  isFirst,
  onAction,
}: Pick<Common, "onAction"> & { state: FaceState; isFirst: boolean }) {
  const says = isFirst ? state.says : words.missing;
  return <Waiting state={{ look: "waiting", says, ...(isFirst && offer(state)) }} onAction={onAction} />;
}

function offer({ action, offers }: { action?: FaceAction; offers?: string }) {
  return { ...(action ? { action } : {}), ...(offers ? { offers } : {}) };
}

interface SendingProps extends Common {
  readonly prompt: string;
  readonly isOnline: boolean;
  readonly isSafe?: boolean;
}

/** A submission that has no answer yet. */
export function SendingFace({ prompt, isOnline, isSafe = true, onAction, className }: SendingProps) {
  return (
    <div className={cx("relative h-full w-full overflow-hidden rounded-picture bg-skeleton", className)}>
      <Waiting state={sendingState(isOnline, isSafe)} prompt={prompt} isSending onAction={onAction} />
    </div>
  );
}
