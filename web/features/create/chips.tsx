"use client";
// All of the bar that opens something. It is loaded after the bar itself, which works without it.
import { create as words } from "@/words/create";
import { AddButton } from "./add-button";
import { ChipSkeletons } from "./chip-skeletons";
import type { Draft } from "./draft";
import { DurationChip, SoundChip } from "./film-chips";
import type { Lost } from "./fitting";
import { Frames } from "./frames";
import { BrandChip, PackChip } from "./lists";
import { ModelChip } from "./model-chip";
import { MoreChip } from "./more-chip";
import { Pictures } from "./pictures";
import { RatioChip } from "./ratio-chip";
import { RefusedPictures } from "./refused-pictures";
import { CountChip, SizeChip } from "./size-chips";
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
  const takesFrames = video && (video.takesFirstFrame || video.takesLastFrame);
  return (
    <>
      {(draft.references.length > 0 || video) && (
        <div className="flex flex-wrap gap-4">
          <Pictures draft={draft} max={model.referencesMax} />
          {takesFrames && (
            <Frames draft={draft} takesFirst={video.takesFirstFrame} takesLast={video.takesLastFrame} />
          )}
        </div>
      )}
      <RefusedPictures draft={draft} />
      <div className="flex flex-wrap gap-1.5 py-0.5">
        {draft.references.length === 0 && model.referencesMax > 0 && !video && (
          <AddButton place="references" label={words.add} isSmall />
        )}
        <ModelChip {...of} catalog={catalog} tier={tier} onFitted={onFitted} />
        <RatioChip {...of} />
        {video ? <DurationChip {...of} /> : <CountChip {...of} />}
        <SizeChip {...of} />
        <SoundChip {...of} />
        <StyleChip draft={draft} catalog={catalog} />
        <BrandChip {...of} />
        <PackChip {...of} />
        <MoreChip {...of} catalog={catalog} tier={tier} />
      </div>
    </>
  );
}
