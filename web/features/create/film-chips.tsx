"use client";
// What only videos have: a length and a sound.
import type { SizedModelOffer } from "@/live/catalog";
import { Popover } from "@/parts/popover";
import { create as words } from "@/words/create";
import { Chip, Option } from "./chip";
import type { Draft } from "./draft";
import { durationOf } from "./price";
import { changeDraft } from "./use-draft";

interface Props {
  readonly draft: Draft;
  readonly model: SizedModelOffer;
}

export function DurationChip({ draft, model }: Props) {
  const { video } = model;
  if (!video) return null;
  const now = durationOf(draft, model);
  const fixed = draft.references.length > 0 ? video.referencesDurationSeconds : null;
  const extended = draft.extendOf ? video.extends?.addsSeconds : undefined;
  const choices = extended ?? (fixed ? [fixed] : video.durationsSeconds);
  return (
    <Popover
      label={words.duration}
      trigger={
        <Chip
          isSet={draft.durationSeconds !== undefined}
          aria-label={`${words.duration}: ${words.seconds(now)}`}
        >
          {words.seconds(now)}
        </Chip>
      }
    >
      <div role="radiogroup" aria-label={words.duration} className="flex flex-wrap gap-1">
        {choices.map((n) => (
          <Option key={n} isChosen={n === now} onChoose={() => changeDraft({ durationSeconds: n })}>
            {words.seconds(n)}
          </Option>
        ))}
      </div>
    </Popover>
  );
}

export function SoundChip({ draft, model }: Props) {
  if (!model.video?.hasAudio) return null;
  const isOn = draft.generateAudio ?? true;
  return (
    <Popover
      label={words.sound}
      trigger={
        <Chip isSet={draft.generateAudio === false} aria-label={words.sound}>
          {isOn ? words.withSound : words.withoutSound}
        </Chip>
      }
    >
      <div role="radiogroup" aria-label={words.sound}>
        <Option isChosen={isOn} onChoose={() => changeDraft({ generateAudio: undefined })}>
          {words.withSound}
        </Option>
        <Option isChosen={!isOn} onChoose={() => changeDraft({ generateAudio: false })}>
          {words.withoutSound}
        </Option>
      </div>
    </Popover>
  );
}
