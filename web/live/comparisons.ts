import type { Comparison, Listed, Vote } from "@mediaforge/client";
import { listening } from "./listen";
import { createStores, type Live, useLive } from "./store";

export type { Comparison, Vote } from "@mediaforge/client";

const comparisons = createStores<Comparison>((id) =>
  listening((mf, next, fail) => mf.watchComparison(id, next, fail)),
);
const votes = createStores<readonly Listed<Vote>[]>((id) =>
  listening((mf, next, fail) => mf.watchVotes(id, next, fail)),
);

export function useComparison(id: string | undefined): Live<Comparison> {
  return useLive(id ? comparisons(id) : undefined);
}

export function useVotes(id: string | undefined): Live<readonly Listed<Vote>[]> {
  return useLive(id ? votes(id) : undefined);
}
