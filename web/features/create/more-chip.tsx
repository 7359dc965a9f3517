"use client";
import type { Catalog, SizedModelOffer, TierOffer } from "@/live/catalog";
import { Area, Field } from "@/parts/field";
import { Popover } from "@/parts/popover";
import { create as words } from "@/words/create";
import { Chip, Option } from "./chip";
import type { Draft } from "./draft";
import { changeDraft } from "./use-draft";

interface Props {
  readonly draft: Draft;
  readonly model: SizedModelOffer;
  readonly catalog: Catalog;
  readonly tier: TierOffer | undefined;
}

/** What is needed now and then. */
export function MoreChip({ draft, model, catalog, tier }: Props) {
  const { negativePrompt, seed, priority, scheduledAt, reuse, fps, background } = draft;
  const isSet = Boolean(negativePrompt || seed || priority || scheduledAt || reuse || fps || background);
  const backgrounds = (model.backgrounds ?? []) as NonNullable<Draft["background"]>[];
  const priorities = (tier?.priorities ?? ["normal"]) as NonNullable<Draft["priority"]>[];
  const latest = new Date(Date.now() + catalog.limits.scheduleDaysMax * 86_400_000);
  return (
    <Popover
      label={words.more}
      className="flex w-80 flex-col gap-3 p-4"
      trigger={<Chip isSet={isSet}>{words.more}</Chip>}
    >
      <Area
        label={words.negative}
        value={negativePrompt}
        maxLength={catalog.limits.promptCharactersMax}
        onChange={(event) => changeDraft({ negativePrompt: event.target.value })}
      />
      <Field
        label={words.seed}
        hint={words.seedHint}
        inputMode="numeric"
        placeholder={words.newSeed}
        value={seed}
        onChange={(event) => changeDraft({ seed: event.target.value.replace(/\D/g, "").slice(0, 10) })}
      />
      {model.video && model.video.fps.length > 1 && (
        <Choices
          label={words.fps}
          values={model.video.fps}
          chosen={fps ?? model.video.fps[0]}
          show={String}
          onChoose={(value) => changeDraft({ fps: value })}
        />
      )}
      {backgrounds.length > 1 && (
        <Choices
          label={words.background}
          values={backgrounds}
          chosen={background ?? backgrounds[0]}
          show={(value) => words.backgrounds[value]}
          onChoose={(value) => changeDraft({ background: value === backgrounds[0] ? undefined : value })}
        />
      )}
      {priorities.length > 1 && (
        <Choices
          label={words.priority}
          values={priorities}
          chosen={priority ?? "normal"}
          show={(value) => words.priorities[value]}
          onChoose={(value) => changeDraft({ priority: value === "normal" ? undefined : value })}
        />
      )}
      <Field
        label={words.schedule}
        type="datetime-local"
        max={local(latest)}
        value={scheduledAt}
        onChange={(event) => changeDraft({ scheduledAt: event.target.value })}
      />
      <label className="flex items-start gap-2 text-control">
        <input
          type="checkbox"
          checked={reuse}
          onChange={(event) => changeDraft({ reuse: event.target.checked })}
          className="mt-0.5 size-4 accent-accent"
        />
        {words.reuse}
      </label>
    </Popover>
  );
}

interface ChoicesProps<T> {
  readonly label: string;
  readonly values: readonly T[];
  readonly chosen: T | undefined;
  readonly show: (value: T) => string;
  readonly onChoose: (value: T) => void;
}

function Choices<T extends string | number>({ label, values, chosen, show, onChoose }: ChoicesProps<T>) {
  return (
    <div>
      <p className="text-control text-text2">{label}</p>
      <div role="radiogroup" aria-label={label} className="flex gap-1">
        {values.map((value) => (
          <Option key={value} isChosen={value === chosen} onChoose={() => onChoose(value)}>
            {show(value)}
          </Option>
        ))}
      </div>
    </div>
  );
}

/** As a field of the browser has it. */
function local(at: Date): string {
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
