/** Texts of cells as values of a request, checked against the catalogue. Pure. */
import { type Catalog, isSized, modelsOf, type SizedModelOffer, type TierOffer } from "@/live/catalog";
import { faultWords } from "@/words/batches";

import type { Field } from "./columns";

export type Kind = "image" | "video";

/** What the texts of one row are checked against. */
export interface Rules {
  readonly catalog: Catalog;
  readonly tier: TierOffer | undefined;
  readonly kind: Kind;
  /** The model that the row would use; undefined where its name is unknown. */
  readonly model: SizedModelOffer | undefined;
}

export type Value =
  | { readonly value: string | number }
  | { readonly fault: string }
  /** Nothing is said: the field is left out. */
  | undefined;

const SEED_MAX = 2_147_483_647;
const TITLE_CHARS_MAX = 128;
const TEXT_CHARS_MAX = 4_000;

const fault = (message: string): Value => ({ fault: message });

export function cellValue(field: Field, text: string, rules: Rules): Value {
  const said = text.trim();
  if (!said) return undefined;
  return READERS[field](said, rules);
}

const READERS: Readonly<Record<Field, (said: string, rules: Rules) => Value>> = {
  title: (said) =>
    said.length > TITLE_CHARS_MAX ? fault(faultWords.titleTooLong(TITLE_CHARS_MAX)) : { value: said },
  prompt: (said, { catalog }) => longText(said, catalog.limits.promptCharactersMax),
  negativePrompt: (said) => longText(said, TEXT_CHARS_MAX),
  kind: (said) => {
    const kind = kindOf(said);
    return kind ? { value: kind } : fault(faultWords.kind);
  },
  aspectRatio: (said, { model }) => {
    const ratio = said.replaceAll(/\s/g, "").replace(/^(\d+)[x×/](\d+)$/i, "$1:$2");
    const ratios = model && Object.keys(model.aspectRatios);
    return !ratios || ratios.includes(ratio) ? { value: ratio } : fault(faultWords.oneOf(ratios));
  },
  count: (said, { kind, model }) => {
    if (kind === "video") return fault(faultWords.notOfKind("video"));
    const max = model?.countMax ?? 1;
    if (max === 1 && said !== "1") return fault(faultWords.one);
    return whole(said.replace(/^[x×]\s*/i, ""), 1, max);
  },
  durationSeconds: (said, { kind, model }) => {
    if (kind === "image") return fault(faultWords.notOfKind("image"));
    return oneOf(Number(said.replace(/\s*s(ec(onds?)?)?$/i, "")), model?.video?.durationsSeconds);
  },
  resolution: (said, { kind, model }) => {
    if (kind === "image") return fault(faultWords.notOfKind("image"));
    return oneOf(said, model && Object.keys(model.sizes));
  },
  seed: (said) => whole(said, 0, SEED_MAX),
  model: (said, { catalog, tier, kind }) => {
    const model = modelNamed(catalog, said);
    if (!model || model.kind !== kind) {
      const offered = modelsOf(catalog, kind).filter(({ id }) => !tier || tier.models.includes(id));
      return fault(faultWords.model(offered.map(({ title }) => title)));
    }
    if (!model.available) return fault(faultWords.modelNotHere(model.title));
    if (tier && !tier.models.includes(model.id))
      return fault(faultWords.modelNotInTier(model.title, tier.title));
    return { value: model.id };
  },
  styleId: (said, { catalog }) => {
    const style = catalog.styles.find(({ id, title }) => same(id, said) || same(title, said));
    return style ? { value: style.id } : fault(faultWords.style);
  },
};

export function kindOf(text: string): Kind | undefined {
  const said = text.trim().toLowerCase();
  if (said === "image" || said === "picture") return "image";
  return said === "video" || said === "film" ? "video" : undefined;
}

/** A model by its id, its title or a retired name. */
export function modelNamed(catalog: Catalog, said: string): SizedModelOffer | undefined {
  const id = catalog.aliases[said.trim()]?.model ?? said;
  const found = catalog.models.find((model) => same(model.id, id) || same(model.title, id));
  return found && isSized(found) ? found : undefined;
}

const same = (one: string, other: string) => one.toLowerCase() === other.trim().toLowerCase();

function longText(said: string, max: number): Value {
  const length = [...said].length; // as the backend counts: code points
  return length > max ? fault(faultWords.promptTooLong(max, length)) : { value: said };
}

function whole(said: string, min: number, max: number): Value {
  const value = /^\d+(\.0+)?$/.test(said) ? Number(said) : Number.NaN;
  return value >= min && value <= max ? { value } : fault(faultWords.whole(min, max));
}

function oneOf<T extends string | number>(value: T, values: readonly T[] | undefined): Value {
  return !values || values.includes(value) ? { value } : fault(faultWords.oneOf(values.map(String)));
}
