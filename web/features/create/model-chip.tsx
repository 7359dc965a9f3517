"use client";
import { Lock } from "lucide-react";
import { type Catalog, modelsOf, type SizedModelOffer, type TierOffer } from "@/live/catalog";
import { Popover } from "@/parts/popover";
import { create as words } from "@/words/create";
import { Chip, Option } from "./chip";
import { type Draft, isInTier } from "./draft";
import { fitted, type Lost } from "./fitting";
import { changeDraft } from "./use-draft";

interface Props {
  readonly draft: Draft;
  readonly model: SizedModelOffer;
  readonly catalog: Catalog;
  readonly tier: TierOffer | undefined;
  /** What had to change for the model, and the draft before. */
  readonly onFitted: (lost: readonly Lost[], before: Draft) => void;
}

export function ModelChip({ draft, model, catalog, tier, onFitted }: Props) {
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
              {each.referencesMin ? (
                <span className="block text-meta text-text2">{words.worksOn(each.referencesMin)}</span>
              ) : null}
              {each.warning && <span className="block text-meta text-text2">{each.warning}</span>}
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
