import { Check, Columns2, Ellipsis, Play, RepeatIcon, Star } from "lucide-react";
import { memo, useEffect, useRef } from "react";
import type { Item } from "@/live/found";
import type { Generation } from "@/live/generation";
import { showInTurn } from "@/parts/in-turn";
import { LazyJobFace as JobFace } from "@/parts/lazy-job-face";
import { library as words } from "@/words/library";

/** What a press on a tile asks for, beside opening it. */
export type TileAct = "select" | "favourite" | "again" | "compare" | "menu";

interface Props {
  readonly item: Item;
  /** Of one that is not completed: all of it. */
  readonly unfinished: Generation | undefined;
  readonly isSelected: boolean;
  readonly isSelecting: boolean;
  readonly isNear: boolean;
  readonly mayMark: boolean;
}

/** Its buttons say what they are for in `data-act`: the grid listens once for all of them. */
export const Tile = memo(
  function Tile({ item, unfinished, isSelected, isSelecting, isNear, mayMark }: Props) {
    return (
      <div
        draggable={item.status === "completed"}
        className={`relative size-full overflow-hidden rounded-picture bg-skeleton ${isSelected ? "ring-3 ring-accent ring-inset" : ""}`}
      >
        {unfinished ? <JobFace generation={unfinished} /> : <Picture item={item} isSelected={isSelected} />}
        <button
          type="button"
          tabIndex={-1}
          data-act="select"
          aria-label={words.select(item.title)}
          aria-pressed={isSelected}
          className={`absolute top-1 left-1 grid size-6 place-items-center rounded-control border-2 border-white text-on-accent ${
            isSelected ? "bg-accent" : "bg-scrim"
          } ${isSelecting ? "" : "opacity-0 group-hover:opacity-100 group-focus-visible:opacity-100"}`}
        >
          {isSelected && <Check aria-hidden size={16} strokeWidth={2.5} />}
        </button>
        {isNear && !unfinished && <Strip item={item} mayMark={mayMark} />}
      </div>
    );
  },
  // With each page that comes all items are made anew, and almost none of them has changed.
  ({ item: before, ...rest }, { item: now, ...others }) => isSame(before, now) && isSame(rest, others),
);

function isSame<T extends object>(one: T, other: T): boolean {
  const names = Object.keys(one) as (keyof T)[];
  return names.every((name) => Object.is(one[name], other[name]));
}

function Picture({ item, isSelected }: { item: Item; isSelected: boolean }) {
  return (
    <>
      {item.cover && <Cover address={item.cover} isSelected={isSelected} />}
      <Badges item={item} />
    </>
  );
}

function Cover({ address, isSelected }: { address: string; isSelected: boolean }) {
  const image = useRef<HTMLImageElement>(null);
  useEffect(() => (image.current ? showInTurn(image.current, address) : undefined), [address]);
  return (
    <img
      ref={image}
      alt=""
      draggable={false}
      className={`size-full object-cover opacity-0 transition-opacity duration-160 data-loaded:opacity-100 ${isSelected ? "scale-95 rounded-picture" : ""}`}
    />
  );
}

function Badges({ item }: { item: Item }) {
  if (!item.isVideo && item.missing === 0 && item.count <= 1 && !item.isFavourite) return null;
  const time = `${Math.floor(item.seconds / 60)}:${String(item.seconds % 60).padStart(2, "0")}`;
  return (
    <div className="pointer-events-none absolute top-1 right-1 flex gap-1 text-meta text-white tabular-nums">
      {item.isVideo && (
        <span className={BADGE}>
          <Play aria-hidden size={12} /> {time}
        </span>
      )}
      {item.missing > 0 && (
        <span className={BADGE}>{words.missing(item.count, item.count + item.missing)}</span>
      )}
      {item.count > 1 && item.missing === 0 && <span className={BADGE}>×{item.count}</span>}
      {item.isFavourite && (
        <span className={BADGE}>
          <Star aria-hidden size={12} fill="currentColor" />
        </span>
      )}
    </div>
  );
}

const BADGE = "flex h-6 items-center gap-1 rounded-full bg-scrim px-2";

function Strip({ item, mayMark }: { item: Item; mayMark: boolean }) {
  const acts = [
    { act: "favourite", name: item.isFavourite ? words.unstar : words.star, Icon: Star, isOff: !mayMark },
    { act: "again", name: words.useAgain, Icon: RepeatIcon, isOff: false },
    { act: "compare", name: words.compare, Icon: Columns2, isOff: false },
    { act: "menu", name: words.more, Icon: Ellipsis, isOff: false },
  ] as const;
  return (
    <div className="absolute inset-x-0 bottom-0 flex h-7 justify-end gap-1 bg-scrim px-1 text-white opacity-0 transition-opacity duration-120 group-hover:opacity-100 group-focus-visible:opacity-100">
      {acts.map(({ act, name, Icon, isOff }) => (
        <button
          key={act}
          type="button"
          tabIndex={-1}
          data-act={act}
          aria-label={name}
          aria-disabled={isOff}
          title={isOff ? words.viewer : name}
          className="grid size-7 place-items-center rounded-control aria-disabled:opacity-50"
        >
          <Icon
            aria-hidden
            size={16}
            strokeWidth={1.75}
            fill={act === "favourite" && item.isFavourite ? "currentColor" : "none"}
          />
        </button>
      ))}
    </div>
  );
}
