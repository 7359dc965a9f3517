"use client";
import { create as words } from "@/words/create";
import { AddButton } from "./add-button";
import { takeOut } from "./bar-pictures";
import type { Draft } from "./draft";
import { Preview } from "./preview";
import { useUploads } from "./uploads";

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
