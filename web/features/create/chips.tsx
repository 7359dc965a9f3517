"use client";
// All of the bar that opens something. It is loaded after the bar itself, which works without it.
import { create as words } from "@/words/create";
import { AddButton } from "./add-button";
import { ChipSkeletons } from "./chip-skeletons";
import type { Draft } from "./draft";
import { DurationChip, SoundChip } from "./film-chips";
import type { Lost } from "./fitting";
import { Frames } from "./frames";
import { referencesMaxOf } from "./going-on";
import { BrandChip, PackChip } from "./lists";
import { ModelChip } from "./model-chip";
import { MoreChip } from "./more-chip";
import { Pictures } from "./pictures";
import { RatioChip } from "./ratio-chip";
import { RefusedPictures } from "./refused-pictures";
import { CountChip, SizeChip } from "./size-chips";
import { Source } from "./source";
import { StyleChip } from "./style-chip";
import type { Form } from "./use-form";

export { TemplateChip } from "./lists";

interface Props {
  readonly form: Form;
  readonly onFitted: (lost: readonly Lost[], before: Draft) => void;
}

export function Chips({ form, onFitted }: Props) {
  const { draft, model, catalog, tier } = form;
  if (!model || !catalog) return <ChipSkeletons />;
  const of = { draft, model };
  const { video } = model;
  const isExtended = video?.extends !== undefined && draft.extendOf !== undefined;
  const takesFrames = video && !isExtended && (video.takesFirstFrame || video.takesLastFrame);
  const most = referencesMaxOf(draft, model);
  return (
    <>
      {(draft.references.length > 0 || draft.editOf || video) && (
        <div className="flex flex-wrap gap-4">
          <Source draft={draft} />
          <Pictures draft={draft} max={most} />
          {takesFrames && (
            <Frames draft={draft} takesFirst={video.takesFirstFrame} takesLast={video.takesLastFrame} />
          )}
        </div>
      )}
      <RefusedPictures draft={draft} />
      <div className="flex flex-wrap gap-1.5 py-0.5">
        {draft.references.length === 0 && most > 0 && !draft.editOf && !video && (
          <AddButton place="references" label={words.add} isSmall />
        )}
        <ModelChip {...of} catalog={catalog} tier={tier} onFitted={onFitted} />
        {!isExtended && <RatioChip {...of} />}
        {video ? <DurationChip {...of} /> : <CountChip {...of} />}
        {!isExtended && <SizeChip {...of} />}
        <SoundChip {...of} />
        <StyleChip draft={draft} catalog={catalog} />
        <BrandChip {...of} />
        <PackChip {...of} />
        <MoreChip {...of} catalog={catalog} tier={tier} />
      </div>
    </>
  );
}
