import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { type RefObject, useCallback, useLayoutEffect, useMemo, useRef } from "react";
import { drawn, type Heading, type Line, lineOf, linesOf } from "./rows";
import { useBox } from "./use-box";

/** What stays of the page in the DOM: about 150 tiles, and at most so many lines beyond those in sight. */
const TILES_MAX = 140;
const AROUND = 6;
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
}

/** The lines of the grid, those of them that are drawn, and how to bring one in sight. */
export function useLines(element: RefObject<HTMLElement | null>, asked: Asked) {
  const { ratios, headings, rowHeight, gap } = asked;
  const { width, top } = useBox(element);
  const lines = useMemo(
    () => linesOf(ratios, headings, { width, height: rowHeight, gap }),
    [ratios, headings, width, rowHeight, gap],
  );
  const also = lineOf(lines, asked.active);
  const virtualizer = useWindowVirtualizer({
    count: lines.length,
    estimateSize: (at) => lines[at]?.height ?? 0,
    gap,
    scrollMargin: top,
    scrollPaddingStart: COVERED,
    scrollPaddingEnd: COVERED,
    rangeExtractor: useCallback(
      ({ startIndex, endIndex }: { startIndex: number; endIndex: number }) =>
        drawn(lines, { first: startIndex, last: endIndex }, { around: AROUND, tilesMax: TILES_MAX, also }),
      [lines, also],
    ),
  });
  const firstInSight = useRef(0);
  const layout = `${width}/${rowHeight}/${gap}`;
  const layoutBefore = useRef(layout);
  useLayoutEffect(() => {
    virtualizer.measure();
    // What was in sight stays in sight when rows get another height.
    const isNewLayout = layoutBefore.current !== layout;
    layoutBefore.current = layout;
    if (!isNewLayout || window.scrollY <= top) return;
    virtualizer.scrollToIndex(lineOf(lines, firstInSight.current), { align: "start" });
  }, [lines, layout]);

  const shown: Shown[] = virtualizer.getVirtualItems().flatMap(({ index, start }) => {
    const line = lines[index];
    return line ? [{ at: index, line, top: start - top }] : [];
  });
  const range = virtualizer.range;
  useLayoutEffect(() => {
    if (layoutBefore.current === layout) firstInSight.current = lines[range?.startIndex ?? 0]?.from ?? 0;
  }, [range, lines, layout]);
  return {
    lines,
    shown,
    height: virtualizer.getTotalSize(),
    isNearEnd: (range?.endIndex ?? 0) >= lines.length - NEAR_END,
    bringInSight: (index: number, align: "auto" | "start" = "auto") =>
      virtualizer.scrollToIndex(lineOf(lines, index), { align }),
  };
}
