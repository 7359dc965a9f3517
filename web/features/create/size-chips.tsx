"use client";
import type { SizedModelOffer } from "@/live/catalog";
import { Popover } from "@/parts/popover";
import { create as words } from "@/words/create";
import { Chip, Option } from "./chip";
import type { Draft } from "./draft";
import { formOf } from "./price";
import { changeDraft } from "./use-draft";

interface Props {
  readonly draft: Draft;
  readonly model: SizedModelOffer;
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
