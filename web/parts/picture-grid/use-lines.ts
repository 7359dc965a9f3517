import { type RefObject, useLayoutEffect, useMemo, useRef } from "react";
import { drawn, type Heading, type Line, lineOf, linesOf, topsOf } from "./rows";
import { useBox } from "./use-box";
import { useSight } from "./use-sight";

/** What stays of the page in the DOM: about 150 tiles. */
const TILES_MAX = 140;
/** Pixels that bars above and below may cover. */
const COVERED = 72;
/** The next page is asked for so many lines before the end. */
const NEAR_END = 6;

interface Asked {
  readonly ratios: readonly number[];
  readonly headings: readonly Heading[];
  readonly rowHeight: number;
  readonly gap: number;
  /** The item whose line always stays in the DOM. */
  readonly active: number;
}

export interface Shown {
  readonly at: number;
  readonly line: Line;
  /** Pixels from the top of the grid. */
  readonly top: number;
  /** Whether its tiles are still to come: there are only their boxes. */
  readonly isBare: boolean;
}

/** The lines of the grid, those of them that are drawn, and how to bring one in sight. */
export function useLines(element: RefObject<HTMLElement | null>, asked: Asked) {
  const { ratios, headings, rowHeight, gap } = asked;
  const { width, top } = useBox(element);
  const lines = useMemo(
    () => linesOf(ratios, headings, { width, height: rowHeight, gap }),
    [ratios, headings, width, rowHeight, gap],
  );
  const tops = useMemo(() => topsOf(lines, gap), [lines, gap]);
  const sight = useSight(tops, top);
  const also = lineOf(lines, asked.active);
  const shown = useMemo(
    () =>
      drawn(lines, sight, { around: sight.reach, tilesMax: TILES_MAX, also }).flatMap((at): Shown[] => {
        const line = lines[at];
        const isBare = at >= sight.first + sight.filled && at <= sight.last;
        return line ? [{ at, line, top: tops[at] ?? 0, isBare }] : [];
      }),
    [lines, tops, sight, also],
  );

  const firstInSight = useRef(0);
  const layout = `${width}/${rowHeight}/${gap}`;
  const layoutBefore = useRef(layout);
  useLayoutEffect(() => {
    // What was in sight stays in sight when rows get another height.
    const isNewLayout = layoutBefore.current !== layout;
    layoutBefore.current = layout;
    if (!isNewLayout || window.scrollY <= top) return;
    window.scrollTo({ top: top + (tops[lineOf(lines, firstInSight.current)] ?? 0) - COVERED });
  }, [lines, tops, top, layout]);
  useLayoutEffect(() => {
    if (layoutBefore.current === layout) firstInSight.current = lines[sight.first]?.from ?? 0;
  }, [sight, lines, layout]);

  return {
    lines,
    shown,
    height: tops.at(-1) ?? 0,
    // Of other lines than those that it was seen of, what is in sight says nothing.
    isNearEnd: sight.last < lines.length && sight.last >= lines.length - NEAR_END,
    /** To the top of what is seen, or only as far as is needed. */
    bringInSight: (index: number, align: "auto" | "start" = "auto") => {
      const at = lineOf(lines, index);
      if (at < 0) return;
      const above = top + (tops[at] ?? 0) - COVERED;
      const below = top + (tops[at] ?? 0) + (lines[at]?.height ?? 0) + COVERED - window.innerHeight;
      const isAbove = align === "start" || window.scrollY > above;
      if (isAbove) window.scrollTo({ top: above });
      else if (window.scrollY < below) window.scrollTo({ top: below });
    },
  };
}
