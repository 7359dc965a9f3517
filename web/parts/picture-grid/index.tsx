// biome-ignore-all lint/a11y/useSemanticElements: rows of different lengths are no table
"use client";

import { type KeyboardEvent, type ReactNode, type Ref, useEffect, useImperativeHandle, useRef } from "react";
import { GridRow, type TileState } from "./grid-row";
import { moved } from "./moving";
import { type Heading, within } from "./rows";
import type { Selection, SelectionAction } from "./selection";
import { useActive } from "./use-active";
import { useLines } from "./use-lines";
import { useNear } from "./use-near";
import { indexAt, usePressing } from "./use-pressing";

export type { TileState } from "./grid-row";
export { neighbour } from "./moving";
export type { Heading } from "./rows";
export { NOTHING_SELECTED, type Selection, type SelectionAction, selected } from "./selection";
export { indexAt } from "./use-pressing";

export interface GridHandle {
  /** Focuses this item, or the one that Tab goes to. */
  focus(id?: string): void;
  /** Scrolls to this item: to the top of what is seen, or only as far as is needed. */
  bringInSight(index: number, align?: "auto" | "start"): void;
}

export interface PictureGridProps {
  readonly label: string;
  readonly ids: readonly string[];
  /** Width by height of each. */
  readonly ratios: readonly number[];
  readonly headings: readonly Heading[];
  /** Pixels: what rows come near to. */
  readonly rowHeight: number;
  readonly gap: number;
  readonly selection: Selection;
  readonly select: (action: SelectionAction) => void;
  /** What a screen reader calls it. These two stay the same functions while nothing they say changes. */
  readonly nameOf: (index: number) => string;
  readonly renderTile: (index: number, state: TileState) => ReactNode;
  readonly onOpen: (index: number) => void;
  /** Keys that are not the grid's own, on this item. */
  readonly onKey?: ((event: KeyboardEvent, index: number) => void) | undefined;
  /** The end is near: there may be more to ask for. */
  readonly onNearEnd?: (() => void) | undefined;
  readonly handle?: Ref<GridHandle> | undefined;
}

/** Pictures in full rows; thousands of them, of which only those near the screen are in the document. */
export function PictureGrid(props: PictureGridProps) {
  const { ids, ratios, gap, selection, select, onOpen, onKey, onNearEnd } = props;
  const element = useRef<HTMLDivElement>(null);
  const { active, focus, setActive, onFocus, onBlur } = useActive(element, ids);
  const grid = useLines(element, { ...props, active });
  const near = useNear();
  const idAt = (index: number) => ids[index] ?? "";

  const extend = (index: number, from = active) =>
    select({ type: "extend", from: idAt(from), to: idAt(index), order: ids });
  const go = (index: number) => {
    grid.bringInSight(index);
    focus(idAt(index));
  };
  useImperativeHandle(props.handle, () => ({
    focus(id) {
      const found = id === undefined ? -1 : ids.indexOf(id);
      const index = found < 0 ? active : found;
      if (index >= 0) grid.bringInSight(index);
      focus(index >= 0 ? idAt(index) : undefined);
    },
    bringInSight: grid.bringInSight,
  }));
  useEffect(() => {
    if (grid.isNearEnd && grid.lines.length > 0) onNearEnd?.();
  }, [grid.isNearEnd, grid.lines.length, onNearEnd]);

  const pressing = usePressing({
    isSelecting: selection.chosen.size > 0,
    open: onOpen,
    toggle: (index) => select({ type: "toggle", id: idAt(index) }),
    extend,
  });

  function keyDown(event: KeyboardEvent) {
    const index = indexAt(event.target);
    if (index < 0 || event.altKey || event.nativeEvent.isComposing) return;
    if (!isTaken(event, index)) return onKey?.(event, index);
    event.preventDefault();
    event.stopPropagation();
  }

  /** Does what the key is for; false: it is not for the grid. */
  function isTaken(event: KeyboardEvent, index: number): boolean {
    const isWhole = event.ctrlKey || event.metaKey;
    const isOnControl = event.target instanceof Element && event.target.closest("button, a, input");
    if ((event.key === "Enter" || event.key === " ") && (isOnControl || isWhole)) return false;
    if (event.key === "Enter") onOpen(index);
    else if (event.key === " " && event.shiftKey) extend(index, index);
    else if (event.key === " ") select({ type: "toggle", id: idAt(index) });
    else if (event.key === "Escape" && selection.chosen.size > 0) select({ type: "clear" });
    else if (event.key.toLowerCase() === "a" && isWhole) select({ type: "all", order: ids });
    else {
      const ground = { lines: grid.lines, ratios, gap, screen: window.innerHeight * 0.8 };
      const next = moved(event.key, isWhole, index, ground);
      if (next === undefined) return false;
      if (event.shiftKey) extend(next, index);
      go(next);
    }
    return true;
  }

  return (
    <div
      ref={element}
      role="grid"
      aria-label={props.label}
      aria-multiselectable
      aria-rowcount={-1}
      className="relative w-full select-none [-webkit-touch-callout:none]"
      style={{ height: grid.height }}
      onKeyDown={keyDown}
      onFocus={(event) => {
        const index = indexAt(event.target);
        if (index >= 0) setActive(idAt(index));
        near.focus(index);
        onFocus();
      }}
      onBlur={() => {
        near.focus(-1);
        onBlur();
      }}
      onPointerOver={near.over}
      onPointerLeave={near.leave}
      {...pressing}
    >
      {grid.shown.map(({ at, line, top, isBare }) => (
        <GridRow
          key={line.heading ? `heading-${line.from}` : `row-${line.from}`}
          line={line}
          at={at}
          top={top}
          isBare={isBare}
          gap={gap}
          ids={ids}
          ratios={ratios}
          chosen={selection.chosen}
          active={within(line, active)}
          hovered={within(line, near.hovered)}
          focused={within(line, near.focused)}
          nameOf={props.nameOf}
          renderTile={props.renderTile}
        />
      ))}
    </div>
  );
}
