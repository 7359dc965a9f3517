/** A brand as its form has it. Pure. */
import type { Brand, Reference } from "@/live/brands";
import type { Catalog, TierOffer } from "@/live/catalog";
import { brandWords as words } from "@/words/brands";

export const PICTURES_MIN = 5;
/** The most that one request may name, whatever the model takes. */
const PICTURES_MAX = 50;

export interface BrandForm {
  readonly name: string;
  readonly paths: readonly string[];
}

export interface Asked {
  readonly name: string;
  readonly references: Reference[];
}

export const EMPTY: BrandForm = { name: "", paths: [] };

/** To begin anew with the pictures of a brand. */
export const formOf = ({ name, references }: Pick<Brand, "name" | "references">): BrandForm => ({
  name,
  paths: references.flatMap(({ path }) => (path ? [path] : [])),
});

export const askedOf = ({ name, paths }: BrandForm): Asked => ({
  name: name.trim(),
  references: paths.map((path) => ({ path, mode: "style_only" })),
});

export function withPictures(paths: readonly string[], added: readonly string[], max: number): string[] {
  return [...new Set([...paths, ...added])].slice(0, max);
}

/** What a training costs and takes; undefined: this project has no model for it. */
export function offerOf(catalog: Catalog) {
  const models = catalog.models.filter(({ kind, available }) => kind === "training" && available);
  const model = models.find(({ id }) => id === catalog.defaults.training) ?? models[0];
  if (!model) return undefined;
  return {
    model: model.id,
    credits: model.priceCredits,
    max: Math.min(PICTURES_MAX, model.referencesMax || PICTURES_MAX),
  };
}

export type Offer = NonNullable<ReturnType<typeof offerOf>>;

/** Whether the tier lets its users train with this model at all. */
export const isInTier = (tier: TierOffer, model: string) =>
  tier.models.includes(model) && tier.trainingsADay !== 0;

/** What is missing before it can be sent; undefined: nothing. */
export function lackOf({ name, paths }: BrandForm): string | undefined {
  if (!name.trim()) return words.needsName;
  return paths.length < PICTURES_MIN ? words.needsPictures(PICTURES_MIN - paths.length) : undefined;
}
