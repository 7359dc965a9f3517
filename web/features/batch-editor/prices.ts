/** What a row costs by the catalogue, before the backend has been asked. Pure. */
import type { Catalog, TierOffer } from "@/live/catalog";
import { type Checked, type CheckedRow, rulesOf } from "./checks";
import type { Draft } from "./draft";

/** Credits; undefined where the row is wrong, or its model unknown. */
export function listPrice(
  draft: Draft,
  row: CheckedRow,
  defaults: Checked["defaults"],
  catalog: Catalog,
  tier: TierOffer | undefined,
): number | undefined {
  const { model } = rulesOf(draft, catalog, tier, draft.rows[row.row]);
  if (row.faults.length || !model) return undefined;
  const said = { ...draft.template?.defaults, ...defaults, ...row.request } as Readonly<
    Record<string, unknown>
  >;
  const size = typeof said.resolution === "string" ? said.resolution : Object.keys(model.sizes)[0];
  const price = model.priceCreditsBySize[size ?? ""] ?? model.priceCredits;
  if (row.kind === "image") return price * numberOr(said.count, 1);
  return price * numberOr(said.durationSeconds, model.video?.durationsSeconds[0] ?? 1);
}

const numberOr = (value: unknown, otherwise: number) => (typeof value === "number" ? value : otherwise);
