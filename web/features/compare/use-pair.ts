import { useSearchParams } from "next/navigation";
import { useCallback, useMemo } from "react";
import { useComparison } from "@/live/comparisons";
import { lastList } from "@/live/found";
import type { Failure } from "@/live/store";
import { beside, type Pair, read, type Side, write } from "./pair";

/** The pair that the address names; of a stored comparison, the one that it holds. */
export function usePair() {
  const query = useSearchParams();
  const asked = useMemo(() => read(query), [query]);
  const { value: stored, error } = useComparison(asked.id);
  const pair: Pair = useMemo(
    () =>
      asked.id && stored
        ? {
            ...asked,
            left: { path: stored.left, picture: stored.left_asset ?? undefined },
            right: { path: stored.right, picture: stored.right_asset ?? undefined },
          }
        : asked,
    [asked, stored],
  );
  const go = useCallback((next: Pair, how: "push" | "replace" = "replace") => {
    const target = window.location.pathname + write(next);
    if (how === "push") window.history.pushState(null, "", target);
    else window.history.replaceState(null, "", target);
  }, []);
  /** Of another pair the stored comparison says nothing. */
  const show = (left: Side | undefined, right: Side | undefined) =>
    go({ left, right, id: undefined, mode: pair.mode });

  const neighbour = (side: "left" | "right", step: 1 | -1): string | undefined => {
    const other = side === "left" ? "right" : "left";
    const path = pair[side]?.path;
    return path && beside(lastList()?.read().shelf.paths ?? [], path, step, pair[other]?.path);
  };
  return {
    pair,
    isLoading: asked.id !== undefined && !stored && !error,
    failure: asked.id && !stored ? (error as Failure | undefined) : undefined,
    go,
    swap: () => show(pair.right, pair.left),
    neighbour,
    walk: (side: "left" | "right", step: 1 | -1) => {
      const path = neighbour(side, step);
      if (!path) return;
      const next = { path, picture: undefined };
      show(side === "left" ? next : pair.left, side === "right" ? next : pair.right);
    },
  };
}
