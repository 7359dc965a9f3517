import { useEffect, useMemo, useRef, useState } from "react";
import type { Failure } from "@/live/store";
import { failureOf } from "@/live/store";
import { estimate, type Suggestion, type WrongField } from "./actions";
import type { Checked, RowRequest } from "./checks";
import type { Draft } from "./draft";
import { askable, estimateOf, pricedBy, type RowPrice } from "./requests";

const AFTER_MS = 800;

/** A question as text: who pays, the requests, the keys of their rows. */
type Asked = readonly [string | null, RowRequest[], string[]];
const read = (asked: string) => JSON.parse(asked) as Asked;

export interface Estimate {
  /** By the keys of the rows, as they were when it was asked for. */
  readonly prices: ReadonlyMap<string, RowPrice>;
  readonly faults: ReadonlyMap<string, readonly WrongField[]>;
  readonly suggestions: readonly Suggestion[];
  /** The keys of the rows that the suggestions count. */
  readonly keys: readonly string[];
  readonly failure: Failure | undefined;
  /** When the answer came, in ms. */
  readonly asOf: number | undefined;
}

const NONE: Estimate = {
  prices: new Map(),
  faults: new Map(),
  suggestions: [],
  keys: [],
  failure: undefined,
  asOf: undefined,
};

/**
 * The backend's prices and its check of the rows, 800 ms after the last change. The answer of one question is
 * kept: going back to it asks nothing. A row that has changed since has no answer.
 */
export function useEstimate(
  draft: Draft | undefined,
  checked: Checked | undefined,
  teamId: string | undefined,
): { readonly estimate: Estimate; readonly isAsking: boolean } {
  const answers = useRef(new Map<string, Estimate>());
  const [answer, setAnswer] = useState<{ readonly of: string; readonly estimate: Estimate }>();
  const asked = useMemo(() => {
    const rows = draft && checked ? askable(checked) : [];
    if (!draft || !checked || !rows.length) return "";
    const requests = rows.map((row) => estimateOf(row, draft, checked.defaults));
    return JSON.stringify([teamId ?? null, requests, rows.map(({ key }) => key)] satisfies Asked);
  }, [draft, checked, teamId]);

  useEffect(() => {
    if (!asked) return;
    const known = answers.current.get(asked);
    if (known) {
      setAnswer({ of: asked, estimate: known });
      return;
    }
    const ending = new AbortController();
    const timer = setTimeout(() => {
      const [team, wanted, keys] = read(asked);
      estimate({ requests: wanted, ...(team && { teamId: team }) }, ending.signal).then(
        ({ items, suggestions }) => {
          const found = { ...pricedBy(keys, items), suggestions, keys, failure: undefined, asOf: Date.now() };
          answers.current.set(asked, found);
          setAnswer({ of: asked, estimate: found });
        },
        (error: unknown) => {
          if (ending.signal.aborted) return;
          const failure = failureOf(error);
          setAnswer((before) => ({ of: asked, estimate: { ...(before?.estimate ?? NONE), failure } }));
        },
      );
    }, AFTER_MS);
    return () => {
      clearTimeout(timer);
      ending.abort();
    };
  }, [asked]);

  const isCurrent = answer?.of === asked;
  const current = useMemo(() => {
    if (!answer || !asked) return NONE;
    return answer.of === asked ? answer.estimate : stillTrue(answer, asked);
  }, [answer, asked]);
  return { estimate: current, isAsking: Boolean(asked) && !isCurrent };
}

/** Of an older answer what is still true: that of the rows that are as they were. */
function stillTrue({ of, estimate }: { of: string; estimate: Estimate }, asked: string): Estimate {
  const [teamBefore, before, keysBefore] = read(of);
  const [team, now, keys] = read(asked);
  if (team !== teamBefore) return NONE;
  const was = new Map<string, string>(keysBefore.map((key, at) => [key, JSON.stringify(before[at])]));
  const same = new Set<string>(keys.filter((key, at) => was.get(key) === JSON.stringify(now[at])));
  const kept = <T>(all: ReadonlyMap<string, T>) => new Map([...all].filter(([key]) => same.has(key)));
  return { ...estimate, prices: kept(estimate.prices), faults: kept(estimate.faults), suggestions: [] };
}
