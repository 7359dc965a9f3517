"use client";
import { ImagePlus, X } from "lucide-react";
import { type DragEvent, type KeyboardEvent, useRef, useState } from "react";
import { useUid } from "@/live/session";
import { cx } from "@/parts/cx";
import { announce } from "@/parts/live-region";
import { Menu, type MenuItem } from "@/parts/menu";
import { create as words } from "@/words/create";
import type { Draft, Mode, Picture } from "./draft";
import { RecentUploads } from "./recent-uploads";
import { addFiles, type OnItsWay, type Place, takeOut, useUploads } from "./uploads";
import { changeDraft } from "./use-draft";

const DRAG = "application/x-mediaforge-picture";
const MODES: readonly Mode[] = ["style_only", "style_and_composition"];

interface Props {
  readonly draft: Draft;
  readonly max: number;
}

/** The bar's pictures, numbered as the model sees them. */
export function Pictures({ draft, max }: Props) {
  const uploads = useUploads();
  const { references } = draft;
  const move = (from: number, to: number) => {
    if (to < 0 || to >= references.length || from === to) return;
    const now = [...references];
    now.splice(to, 0, ...now.splice(from, 1));
    changeDraft({ references: now });
    announce(words.moved(to + 1, references.length));
  };
  if (max === 0) return null;
  return (
    <ul aria-label={words.references} className="flex flex-wrap gap-2">
      {references.map((picture, at) => (
        <Thumb
          key={picture.id}
          picture={picture}
          at={at}
          count={references.length}
          onItsWay={uploads.get(picture.id)}
          onMove={move}
        />
      ))}
      {references.length < max && (
        <li className="flex w-16 flex-col gap-0.5">
          <AddButton place="references" label={words.add} />
          <span className="truncate text-center text-[0.6875rem] text-text2">{words.references}</span>
        </li>
      )}
    </ul>
  );
}

interface ThumbProps {
  readonly picture: Picture;
  readonly at: number;
  readonly count: number;
  readonly onItsWay: OnItsWay | undefined;
  readonly onMove: (from: number, to: number) => void;
}

function Thumb({ picture, at, count, onItsWay, onMove }: ThumbProps) {
  const setMode = (mode: Mode) =>
    changeDraft((draft) => ({
      ...draft,
      references: draft.references.map((each) => (each.id === picture.id ? { ...each, mode } : each)),
    }));
  const items: MenuItem[] = [
    ...MODES.map((mode) => ({
      label: words.mode[mode],
      checked: picture.mode === mode,
      onSelect: () => setMode(mode),
    })),
    { label: words.earlier, hint: "Alt+↑", separate: true, onSelect: () => onMove(at, at - 1) },
    { label: words.later, hint: "Alt+↓", onSelect: () => onMove(at, at + 1) },
    { label: words.remove, separate: true, danger: true, onSelect: () => takeOut(picture) },
  ];
  const press = (event: KeyboardEvent) => {
    if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      onMove(at, at + (event.key === "ArrowUp" ? -1 : 1));
    } else if (event.key === "Delete" || event.key === "Backspace") {
      takeOut(picture);
    }
  };
  const drop = (event: DragEvent) => {
    const from = event.dataTransfer.getData(DRAG);
    if (!from) return;
    event.preventDefault();
    event.stopPropagation();
    onMove(Number(from), at);
  };
  return (
    <li
      draggable
      onDragStart={(event) => event.dataTransfer.setData(DRAG, String(at))}
      onDragOver={(event) => event.dataTransfer.types.includes(DRAG) && event.preventDefault()}
      onDrop={drop}
      className="group/thumb flex w-16 flex-col gap-0.5"
    >
      <div className="relative">
        <Menu
          label={words.modeOf(at + 1)}
          items={items}
          trigger={
            <button
              type="button"
              onKeyDown={press}
              aria-label={`${words.picture(at + 1)}: ${onItsWay?.refused ?? words.mode[picture.mode]}`}
              title={onItsWay?.refused}
              className={`relative block size-16 overflow-hidden rounded-picture bg-skeleton ${
                onItsWay?.refused ? "outline-2 outline-bad" : ""
              }`}
            >
              <Preview picture={picture} onItsWay={onItsWay} />
              {count > 0 && (
                <span className="absolute top-1 left-1 min-w-4 rounded-full bg-scrim px-1 text-center text-[0.6875rem] text-white tabular-nums">
                  {at + 1}
                </span>
              )}
            </button>
          }
        />
        <button
          type="button"
          aria-label={words.removePicture(at + 1)}
          onClick={() => takeOut(picture)}
          className="absolute -top-1.5 -right-1.5 flex size-6 items-center justify-center rounded-full border border-line bg-surface text-text2 opacity-0 transition-opacity duration-120 hover:text-text focus-visible:opacity-100 group-hover/thumb:opacity-100 pointer-coarse:opacity-100"
        >
          <X size={12} aria-hidden />
        </button>
      </div>
      <span className="truncate text-center text-[0.6875rem] text-text2">
        {onItsWay?.refused ? (
          <span className="text-bad">{words.remove}</span>
        ) : (
          status(onItsWay, picture.mode)
        )}
      </span>
    </li>
  );
}

function status(onItsWay: OnItsWay | undefined, mode: Mode): string {
  if (!onItsWay) return words.mode[mode];
  return onItsWay.share < 1 ? words.uploading(onItsWay.share) : words.checking;
}

function Preview({
  picture,
  onItsWay,
}: {
  readonly picture: Picture;
  readonly onItsWay: OnItsWay | undefined;
}) {
  const source = picture.thumbnail ?? onItsWay?.preview;
  return (
    <>
      {source && (
        <img src={source} alt="" className={`h-full w-full object-cover ${onItsWay ? "opacity-60" : ""}`} />
      )}
      {onItsWay && !onItsWay.refused && (
        <span
          aria-hidden
          className="absolute inset-x-0 bottom-0 h-1 origin-left bg-accent transition-transform duration-120"
          style={{ transform: `scaleX(${onItsWay.share})` }}
        />
      )}
    </>
  );
}

interface AddProps {
  readonly place: Place;
  readonly label: string;
  /** Among chips. */
  readonly isSmall?: boolean;
}

/** Chooses pictures: files, or what was uploaded before. */
export function AddButton({ place, label, isSmall = false }: AddProps) {
  const input = useRef<HTMLInputElement>(null);
  const [isRecent, setRecent] = useState(false);
  const isIn = Boolean(useUid());
  const items: MenuItem[] = [
    { label: words.upload, onSelect: () => input.current?.click() },
    { label: words.recent, onSelect: () => setRecent(true) },
  ];
  return (
    <>
      <Menu
        label={label}
        items={isIn ? items : items.slice(0, 1)}
        trigger={
          <button
            type="button"
            aria-label={label}
            title={label}
            className={cx(
              "flex shrink-0 items-center justify-center border border-control text-text2 transition-colors duration-120 hover:bg-hover hover:text-text",
              isSmall
                ? "h-control w-9 rounded-full pointer-coarse:w-11"
                : "size-16 rounded-picture border-dashed",
            )}
          >
            <ImagePlus size={18} strokeWidth={1.75} aria-hidden />
          </button>
        }
      />
      <input
        ref={input}
        type="file"
        accept="image/png,image/jpeg,image/webp"
        multiple={place === "references"}
        hidden
        aria-label={label}
        onChange={(event) => {
          addFiles(event.target.files ?? [], place);
          event.target.value = "";
        }}
      />
      {isRecent && <RecentUploads place={place} onClose={() => setRecent(false)} />}
    </>
  );
}

/** The first and the last picture of a video. */
export function Frames({
  draft,
  takesFirst,
  takesLast,
}: {
  readonly draft: Draft;
  readonly takesFirst: boolean;
  readonly takesLast: boolean;
}) {
  const uploads = useUploads();
  const places = [
    ...(takesFirst ? [["firstFrame", words.firstFrame] as const] : []),
    ...(takesLast ? [["lastFrame", words.lastFrame] as const] : []),
  ];
  return (
    <ul className="flex gap-2">
      {places.map(([place, label]) => {
        const picture = draft[place];
        return (
          <li key={place} className="flex w-16 flex-col gap-0.5">
            {picture ? (
              <button
                type="button"
                onClick={() => takeOut(picture)}
                aria-label={`${words.remove}: ${label}`}
                title={words.remove}
                className="relative block size-16 overflow-hidden rounded-picture bg-skeleton"
              >
                <Preview picture={picture} onItsWay={uploads.get(picture.id)} />
              </button>
            ) : (
              <AddButton place={place} label={label} />
            )}
            <span className="truncate text-center text-[0.6875rem] text-text2">{label}</span>
          </li>
        );
      })}
    </ul>
  );
}
