"use client";
import { create as words } from "@/words/create";
import { takeOut } from "./bar-pictures";
import type { Draft } from "./draft";
import { Preview } from "./preview";

/** The picture that is edited, or the video that is extended; a press takes it out. */
export function Source({ draft }: { readonly draft: Draft }) {
  const [source, label] =
    draft.kind === "video" ? [draft.extendOf, words.extending] : [draft.editOf, words.editing];
  if (!source) return null;
  return (
    <div className="flex w-16 flex-col gap-0.5">
      <button
        type="button"
        onClick={() => takeOut(source)}
        aria-label={`${words.remove}: ${label}`}
        title={words.remove}
        className="relative block size-16 overflow-hidden rounded-picture bg-skeleton"
      >
        <Preview picture={source} onItsWay={undefined} />
      </button>
      <span className="truncate text-center text-[0.6875rem] text-text2">{label}</span>
    </div>
  );
}
