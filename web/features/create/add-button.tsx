"use client";
import { ImagePlus } from "lucide-react";
import dynamic from "next/dynamic";
import { useRef, useState } from "react";
import { useUid } from "@/live/session";
import { cx } from "@/parts/cx";
import { Menu, type MenuItem } from "@/parts/menu";
import { create as words } from "@/words/create";
import { addFiles, addPicture, type Place } from "./bar-pictures";
import type { Source } from "./pick-dialog";

const PickDialog = dynamic(() => import("./pick-dialog"), { ssr: false });
const SOURCES: readonly Source[] = ["library", "recent", "pack"];

interface Props {
  readonly place: Place;
  readonly label: string;
  /** Among chips. */
  readonly isSmall?: boolean;
}

/** Chooses pictures: files, or what is there already. */
export function AddButton({ place, label, isSmall = false }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const [source, setSource] = useState<Source>();
  const isIn = Boolean(useUid());
  const upload: MenuItem = { label: words.upload, onSelect: () => input.current?.click() };
  const others = SOURCES.map((each) => ({ label: words.sources[each], onSelect: () => setSource(each) }));
  return (
    <>
      <Menu
        label={label}
        items={isIn ? [upload, ...others] : [upload]}
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
      {source && (
        <PickDialog
          source={source}
          onPick={({ path, thumbnail }) => {
            addPicture(path, thumbnail, place);
            setSource(undefined);
          }}
          onClose={() => setSource(undefined)}
        />
      )}
    </>
  );
}
