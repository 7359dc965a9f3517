// The model that a draft is for. Pure.
import type { Catalog, SizedModelOffer, TierOffer } from "@/live/catalog";
import { modelsOf } from "@/live/catalog";
import { type Draft, isInTier } from "./draft";
import { goesOn } from "./going-on";

/** The model that is chosen; else the usual one, or the first that does what the draft goes on with. */
export function modelFor(
  draft: Draft,
  catalog: Catalog,
  tier?: TierOffer | undefined,
): SizedModelOffer | undefined {
  const models = modelsOf(catalog, draft.kind);
  const chosen = models.find(({ id }) => id === draft.model);
  const usual = models.find(({ id }) => id === catalog.defaults[draft.kind]) ?? models[0];
  if (chosen || !usual || goesOn(draft, usual)) return chosen ?? usual;
  const able = models.filter((model) => goesOn(draft, model));
  return able.find((model) => isInTier(model, tier)) ?? able[0] ?? usual;
}
