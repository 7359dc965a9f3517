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

const KEPT = "mf-catalog";
const read = reading((mf) => mf.getCatalog());

/** The one of the last visit at once, so that the form stands before the first answer, and offline. */
const catalog = createStore<Catalog>((next, fail, done) => {
  const kept = localStorage.getItem(KEPT);
  if (kept) next(JSON.parse(kept) as Catalog);
  const keep = (now: Catalog) => {
    localStorage.setItem(KEPT, JSON.stringify(now));
    next(now);
  };
  return read(keep, fail, done);
});
// Prices do not change while a page is open: the store never closes once it has been used.
let isKept = false;

export function useCatalog(): Live<Catalog> {
  if (typeof window !== "undefined" && !isKept) {
    isKept = true;
    catalog.subscribe(() => {});
  }
  return useLive(catalog);
}

/** What is known of it now, for what is no component. */
export function currentCatalog(): Catalog | undefined {
  return catalog.read().value;
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
