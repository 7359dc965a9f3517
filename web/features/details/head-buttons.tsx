import { ChevronLeft, ChevronRight, Info, Star } from "lucide-react";
import { CopyLink } from "@/parts/copy-button";
import { viewAddress } from "@/parts/generation-address";
import { IconButton } from "@/parts/icon-button";
import { details as words } from "@/words/details";
import type { useMarks } from "./use-marks";

interface Props {
  readonly path: string;
  readonly picture: number;
  readonly marks: ReturnType<typeof useMarks>;
  readonly isPanelShown: boolean;
  readonly onPanel: () => void;
}

export function HeadButtons({ path, picture, marks, isPanelShown, onPanel }: Props) {
  const star = marks.isFavourite ? words.unstar : words.star;
  return (
    <>
      <IconButton
        label={star}
        aria-pressed={marks.isFavourite}
        onClick={() => marks.change({ favourite: !marks.isFavourite })}
      >
        <Star size={16} aria-hidden fill={marks.isFavourite ? "currentColor" : "none"} />
      </IconButton>
      <CopyLink label={words.copyLink} address={viewAddress(path, picture + 1)} />
      <IconButton
        label={isPanelShown ? words.hidePanel : words.showPanel}
        aria-pressed={isPanelShown}
        onClick={onPanel}
      >
        <Info size={16} aria-hidden />
      </IconButton>
    </>
  );
}

interface WalkProps {
  readonly previous: string | undefined;
  readonly next: string | undefined;
  readonly place: string;
  readonly go: (path: string) => void;
}

/** Through the list that it was opened from. */
export function Walk({ previous, next, place, go }: WalkProps) {
  return (
    <span className="flex items-center text-control text-text2 tabular-nums">
      <IconButton label={words.previous} disabled={!previous} onClick={() => previous && go(previous)}>
        <ChevronLeft size={16} aria-hidden />
      </IconButton>
      <span className="max-tablet:sr-only">{place}</span>
      <IconButton label={words.next} disabled={!next} onClick={() => next && go(next)}>
        <ChevronRight size={16} aria-hidden />
      </IconButton>
    </span>
  );
}
