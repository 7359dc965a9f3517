import { useMemo } from "react";
import { useAccount } from "@/live/account";
import { tierOf, useCatalog } from "@/live/catalog";
import { usePayer, useRole } from "@/live/payer";
import { checked, type Fault } from "./checks";
import type { Draft } from "./draft";
import { listPrice } from "./prices";
import { faultsOfEstimate } from "./requests";
import { useEstimate } from "./use-estimate";

/** A row's price: the backend's, or till then the catalogue's. */
export interface Price {
  readonly credits: number;
  readonly isFromServer: boolean;
}

/** All that follows from the draft: what is wrong, what it costs, what is sent. */
export function useEditor(draft: Draft | undefined, refused: readonly Fault[]) {
  const { value: catalog, error: catalogError } = useCatalog();
  const { value: account } = useAccount();
  const payer = usePayer();
  const role = useRole();
  const tier = tierOf(catalog, account?.tier);
  const limit = tier?.batchRowsMax ?? Number.POSITIVE_INFINITY;

  const all = useMemo(
    () => (draft && catalog ? checked(draft, catalog, tier) : undefined),
    [draft, catalog, tier],
  );
  // What is beyond the tier's limit stays for the next batch: it is neither sent nor in the way.
  const sendable = useMemo(() => {
    if (!all || all.rows.length <= limit) return all;
    const rows = all.rows.slice(0, limit);
    const last = rows.at(-1)?.row ?? -1;
    return { ...all, rows, faults: all.faults.filter(({ row }) => row <= last) };
  }, [all, limit]);
  const asked = useEstimate(draft, sendable, payer?.teamId);
  const { estimate } = asked;

  const faults = useMemo(() => {
    if (!draft || !sendable) return [];
    const found = [
      ...sendable.faults,
      ...faultsOfEstimate(sendable.rows, estimate.faults, draft),
      ...refused,
    ];
    const told = new Map(found.toReversed().map((fault) => [`${fault.row}/${fault.column}`, fault]));
    return [...told.values()];
  }, [draft, sendable, estimate.faults, refused]);

  const prices = useMemo(() => {
    const found = new Map<string, Price>();
    if (!draft || !sendable || !catalog) return found;
    for (const row of sendable.rows) {
      const server = estimate.prices.get(row.key);
      const credits = server?.credits ?? listPrice(draft, row, sendable.defaults, catalog, tier);
      if (credits !== undefined) found.set(row.key, { credits, isFromServer: Boolean(server) });
    }
    return found;
  }, [draft, sendable, catalog, tier, estimate.prices]);

  const total = [...prices.values()].reduce((sum, { credits }) => sum + credits, 0);
  const rest = (all?.rows.length ?? 0) - (sendable?.rows.length ?? 0);
  const isViewer = role === "viewer";
  return {
    ...asked,
    catalog,
    catalogError,
    account,
    tier,
    payer,
    all,
    sendable,
    faults,
    prices,
    total,
    rest,
    isViewer,
  };
}

export type Editor = ReturnType<typeof useEditor>;
