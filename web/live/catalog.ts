// The catalogue: read once a session, by everybody, signed in or not.
import type { Catalog, ModelOffer, SizedModelOffer, TierOffer } from "@mediaforge/client";
import { reading } from "./listen";
import { createStore, type Live, useLive } from "./store";

export type {
  Catalog,
  ModelOffer,
  SizedModelOffer,
  StyleOffer,
  TierOffer,
  VideoOffer,
} from "@mediaforge/client";

const catalog = createStore<Catalog>(reading((mf) => mf.getCatalog()));
// Prices do not change while a page is open: the store never closes once it has been used.
let isKept = false;

export function useCatalog(): Live<Catalog> {
  if (typeof window !== "undefined" && !isKept) {
    isKept = true;
    catalog.subscribe(() => {});
  }
  return useLive(catalog);
}

/** The models of a kind that this project can use, in the catalogue's order. */
export function modelsOf(catalog: Catalog, kind: "image" | "video"): SizedModelOffer[] {
  return catalog.models.filter(isSized).filter((model) => model.kind === kind && model.available);
}

export function isSized(model: SizedModelOffer | ModelOffer): model is SizedModelOffer {
  return "aspectRatios" in model;
}

export function tierOf(catalog: Catalog | undefined, tier: string | undefined): TierOffer | undefined {
  return catalog?.tiers.find(({ id }) => id === (tier ?? catalog.welcome.tier));
}
