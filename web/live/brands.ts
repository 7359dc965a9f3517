// The brands of who pays. The list is read; the one that is open is listened to while it is trained.
import type { Brand, Listed } from "@mediaforge/client";
import { listening, reading } from "./listen";
import { currentPayer, usePayer } from "./payer";
import { createStores, type Live, useLive } from "./store";

export type ListedBrand = Listed<Brand>;
export type { Brand, Reference } from "@mediaforge/client";

const MOST = 100;

const lists = createStores<readonly ListedBrand[]>((accountId) => {
  const teamId = accountId.startsWith("team_") ? accountId.slice(5) : undefined;
  return reading(async (mf) => {
    const whose = teamId ? { teamId } : {};
    return (await mf.brands({ ...whose, pageSize: MOST }).next()).value ?? [];
  });
});
const brands = createStores<Brand>(
  (id) => listening((mf, next, fail) => mf.watchBrand(id, next, fail)),
  ({ status }) => status === "queued" || status === "training",
);

export function useBrands(): Live<readonly ListedBrand[]> {
  const payer = usePayer();
  return useLive(payer && lists(payer.accountId));
}

/** After a training was asked for, or has ended. */
export function readBrandsAgain(): void {
  const payer = currentPayer();
  if (payer) lists(payer.accountId).reopen();
}

/** One brand, with its training's progress. */
export function useBrand(id: string | undefined): Live<Brand> {
  return useLive(id ? brands(id) : undefined);
}

export function readBrandAgain(id: string): void {
  brands(id).reopen();
}
