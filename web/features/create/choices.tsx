"use client";
import { Lock } from "lucide-react";
import { type Catalog, modelsOf, type SizedModelOffer, type TierOffer } from "@/live/catalog";
import { Popover } from "@/parts/popover";
import { create as words } from "@/words/create";
import { Chip, Option } from "./chip";
import { type Draft, durationOf, fitted, formOf, isInTier, type Lost } from "./draft";
import { changeDraft } from "./use-draft";

interface Props {
  readonly draft: Draft;
  readonly model: SizedModelOffer;
}

interface ModelProps extends Props {
  readonly catalog: Catalog;
  readonly tier: TierOffer | undefined;
  /** What had to change for the model, and the draft before. */
  readonly onFitted: (lost: readonly Lost[], before: Draft) => void;
}

export function ModelChip({ draft, model, catalog, tier, onFitted }: ModelProps) {
  const choose = (chosen: SizedModelOffer) => {
    const isDefault = chosen.id === catalog.defaults[draft.kind];
    const { draft: now, lost } = fitted({ ...draft, model: isDefault ? undefined : chosen.id }, chosen);
    changeDraft(() => now);
    onFitted(lost, draft);
  };
  return (
    <Popover
      label={words.model}
      className="w-80"
      trigger={
        <Chip isSet={draft.model !== undefined} aria-label={`${words.model}: ${model.title}`}>
          {shortTitle(model)}
        </Chip>
      }
    >
      <div role="radiogroup" aria-label={words.model}>
        {modelsOf(catalog, draft.kind).map((each) => {
          const isLocked = !isInTier(each, tier);
          const price =
            each.kind === "video" ? words.perSecond(each.priceCredits) : words.perImage(each.priceCredits);
          return (
            <Option
              key={each.id}
              isChosen={each.id === model.id}
              isLocked={isLocked}
              onChoose={() => choose(each)}
              hint={price}
            >
              {each.title}
              {isLocked && (
                <span className="flex items-center gap-1 text-meta text-text2">
                  <Lock size={12} aria-hidden /> {words.locked}
                </span>
              )}
            </Option>
          );
        })}
      </div>
    </Popover>
  );
}

/** Without what it says in brackets. */
function shortTitle({ title }: SizedModelOffer): string {
  return title.replace(/ \(.*\)$/, "");
}

export function RatioChip({ draft, model }: Props) {
  const { ratio, ratios } = formOf(draft, model);
  return (
    <Popover
      label={words.ratio}
      className="w-72"
      trigger={
        <Chip
          isSet={draft.aspectRatio !== undefined}
          aria-label={`${words.ratio}: ${ratio}`}
          icon={<Shape ratio={ratio} size={14} />}
        >
          {ratio}
        </Chip>
      }
    >
      <div role="radiogroup" aria-label={words.ratio} className="grid grid-cols-4 gap-1">
        {fromTallToWide(ratios).map(([each, { width, height }]) => (
          // biome-ignore lint/a11y/useSemanticElements: a button that looks as the others do, in a radiogroup
          <button
            key={each}
            type="button"
            role="radio"
            aria-checked={each === ratio}
            aria-label={`${each}, ${width} × ${height}`}
            title={`${width} × ${height}`}
            onClick={() => changeDraft({ aspectRatio: each === model.defaultAspectRatio ? undefined : each })}
            className={`flex h-18 flex-col items-center justify-end gap-1.5 rounded-control pb-1.5 text-meta ${
              each === ratio ? "bg-tint text-accent-text" : "text-text2 hover:bg-hover"
            }`}
          >
            <Shape ratio={each} size={34} />
            {each}
          </button>
        ))}
      </div>
    </Popover>
  );
}

function fromTallToWide(ratios: SizedModelOffer["aspectRatios"]) {
  return Object.entries(ratios).sort(([, a], [, b]) => a.width / a.height - b.width / b.height);
}

/** A ratio as an outline, to scale. */
function Shape({ ratio, size }: { readonly ratio: string; readonly size: number }) {
  const [w = 1, h = 1] = ratio.split(":").map(Number);
  const scale = size / Math.max(w, h);
  return (
    <span
      aria-hidden
      className="shrink-0 rounded-[2px] border-[1.5px] border-current"
      style={{ width: w * scale, height: h * scale }}
    />
  );
}

export function CountChip({ draft, model }: Props) {
  if (model.countMax < 2) return null;
  const counts = Array.from({ length: model.countMax }, (_, at) => at + 1);
  return (
    <Popover
      label={words.count}
      trigger={
        <Chip isSet={draft.count > 1} aria-label={`${words.count}: ${draft.count}`}>
          {words.times(draft.count)}
        </Chip>
      }
    >
      <div role="radiogroup" aria-label={words.count} className="flex gap-1">
        {counts.map((n) => (
          <Option key={n} isChosen={n === draft.count} onChoose={() => changeDraft({ count: n })}>
            {words.times(n)}
          </Option>
        ))}
      </div>
    </Popover>
  );
}

export function DurationChip({ draft, model }: Props) {
  const { video } = model;
  if (!video) return null;
  const now = durationOf(draft, model);
  const fixed = draft.references.length > 0 ? video.referencesDurationSeconds : null;
  const choices = fixed ? [fixed] : video.durationsSeconds;
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

export function SizeChip({ draft, model }: Props) {
  const { size, ratio } = formOf(draft, model);
  const label = draft.kind === "video" ? words.resolution : words.size;
  if (Object.keys(model.sizes).length < 2) return null;
  return (
    <Popover
      label={label}
      className="w-56"
      trigger={
        <Chip isSet={draft.size !== undefined} aria-label={`${label}: ${size}`}>
          {size}
        </Chip>
      }
    >
      <div role="radiogroup" aria-label={label}>
        {Object.entries(model.sizes).map(([name, ratios], at) => {
          const px = ratios[ratio];
          return (
            <Option
              key={name}
              isChosen={name === size}
              onChoose={() => changeDraft({ size: at === 0 ? undefined : name })}
              hint={px && `${px.width} × ${px.height}`}
            >
              {name}
            </Option>
          );
        })}
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
