"use client";
import { announce } from "@/parts/live-region";
import { create as words } from "@/words/create";
import { AddButton } from "./add-button";
import type { Draft } from "./draft";
import { Thumb } from "./thumb";
import { useThumbnails } from "./thumbnails";
import { useUploads } from "./uploads";
import { changeDraft } from "./use-draft";

interface Props {
  readonly draft: Draft;
  readonly max: number;
}

/** The bar's pictures, numbered as the model sees them. */
export function Pictures({ draft, max }: Props) {
  const uploads = useUploads();
  const { references } = draft;
  useThumbnails(references);
  const move = (from: number, to: number) => {
    if (to < 0 || to >= references.length || from === to) return;
    const now = [...references];
    now.splice(to, 0, ...now.splice(from, 1));
    changeDraft({ references: now });
    announce(words.moved(to + 1, references.length));
  };
  if (max === 0 && references.length === 0) return null;
  return (
    <ul aria-label={words.references} className="flex flex-wrap gap-2">
      {references.map((picture, at) => (
        <Thumb key={picture.id} picture={picture} at={at} onItsWay={uploads.get(picture.id)} onMove={move} />
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
