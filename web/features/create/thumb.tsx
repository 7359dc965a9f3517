"use client";
import { X } from "lucide-react";
import dynamic from "next/dynamic";
import { type DragEvent, type KeyboardEvent, useRef, useState } from "react";
import { Menu, type MenuItem } from "@/parts/menu";
import { create as words } from "@/words/create";
import { setMode, takeOut } from "./bar-pictures";
import type { Mode, Picture } from "./draft";
import { Preview } from "./preview";
import type { OnItsWay } from "./uploads";

const CropDialog = dynamic(() => import("./crop-dialog"), { ssr: false });

const DRAG = "application/x-mediaforge-picture";
const MODES: readonly Mode[] = ["style_only", "style_and_composition"];

interface Props {
  readonly picture: Picture;
  readonly at: number;
  readonly onItsWay: OnItsWay | undefined;
  readonly onMove: (from: number, to: number) => void;
}

/** One of the bar's pictures: its place, what is taken of it, and what can be done with it. */
export function Thumb({ picture, at, onItsWay, onMove }: Props) {
  const place = useRef<HTMLLIElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const [isCropping, setCropping] = useState(false);
  const move = (to: number) => {
    onMove(at, to);
    // It is the same button at another place; the browser lets go of it on the way.
    requestAnimationFrame(() => button.current?.focus());
  };
  const remove = () => {
    const beside = place.current?.nextElementSibling ?? place.current?.previousElementSibling;
    takeOut(picture);
    const next =
      beside?.querySelector<HTMLElement>("button") ?? document.querySelector<HTMLElement>("[data-prompt]");
    requestAnimationFrame(() => next?.focus());
  };
  const modes = MODES.map((mode) => ({
    label: words.mode[mode],
    checked: picture.mode === mode,
    onSelect: () => setMode(picture, mode),
  }));
  const items: MenuItem[] = [
    ...modes,
    {
      label: words.crop,
      separate: true,
      unavailable: picture.path ? undefined : words.cropLater,
      onSelect: () => setCropping(true),
    },
    { label: words.earlier, hint: "Alt+↑", separate: true, onSelect: () => move(at - 1) },
    { label: words.later, hint: "Alt+↓", onSelect: () => move(at + 1) },
    { label: words.remove, separate: true, danger: true, onSelect: remove },
  ];
  const press = (event: KeyboardEvent) => {
    if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      move(at + (event.key === "ArrowUp" ? -1 : 1));
    } else if (event.key === "Delete" || event.key === "Backspace") {
      remove();
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
      ref={place}
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
              ref={button}
              type="button"
              onKeyDown={press}
              aria-label={`${words.picture(at + 1)}: ${onItsWay?.refused ?? words.mode[picture.mode]}`}
              className={`relative block size-16 overflow-hidden rounded-picture bg-skeleton ${
                onItsWay?.refused ? "outline-2 outline-bad" : ""
              }`}
            >
              <Preview picture={picture} onItsWay={onItsWay} />
              <span className="absolute top-1 left-1 min-w-4 rounded-full bg-scrim px-1 text-center text-[0.6875rem] text-white tabular-nums">
                {at + 1}
              </span>
            </button>
          }
        />
        <button
          type="button"
          aria-label={words.removePicture(at + 1)}
          onClick={remove}
          className="absolute -top-1.5 -right-1.5 flex size-6 items-center justify-center rounded-full border border-line bg-surface text-text2 opacity-0 transition-opacity duration-120 hover:text-text focus-visible:opacity-100 group-hover/thumb:opacity-100 pointer-coarse:opacity-100"
        >
          <X size={12} aria-hidden />
        </button>
      </div>
      <span className="truncate text-center text-[0.6875rem] text-text2">
        {status(onItsWay, picture.mode)}
      </span>
      {isCropping && (
        <CropDialog
          picture={picture}
          n={at + 1}
          neighbour={() => button.current}
          onClose={() => setCropping(false)}
        />
      )}
    </li>
  );
}

function status(onItsWay: OnItsWay | undefined, mode: Mode): string {
  if (!onItsWay || onItsWay.refused) return words.mode[mode];
  return onItsWay.share < 1 ? words.uploading(onItsWay.share) : words.checking;
}
