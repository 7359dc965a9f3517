"use client";
import type { SizedModelOffer } from "@/live/catalog";
import { Popover } from "@/parts/popover";
import { create as words } from "@/words/create";
import { Chip } from "./chip";
import type { Draft } from "./draft";
import { formOf } from "./price";
import { changeDraft } from "./use-draft";

interface Props {
  readonly draft: Draft;
  readonly model: SizedModelOffer;
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
