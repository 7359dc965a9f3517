// biome-ignore-all lint/a11y/useSemanticElements: rows of different lengths are no table
// biome-ignore-all lint/a11y/useFocusableInteractive: the focus is on the cells
import { memo, type ReactNode } from "react";
import { shown as boundedRatio, type Line } from "./rows";

export interface TileState {
  readonly isSelected: boolean;
  /** Whether anything is selected: then the boxes for it are seen everywhere. */
  readonly isSelecting: boolean;
  /** Whether the pointer or the focus is on it: only then what it offers has to be there. */
  readonly isNear: boolean;
}

interface Props {
  readonly line: Line;
  readonly at: number;
  readonly top: number;
  readonly isBare: boolean;
  readonly gap: number;
  readonly ids: readonly string[];
  readonly ratios: readonly number[];
  readonly chosen: ReadonlySet<string>;
  /** The item of this row that Tab goes to; -1: it is in another one. */
  readonly active: number;
  /** The item of this row that the pointer is over, and the one that has the focus; -1: none of this row. */
  readonly hovered: number;
  readonly focused: number;
  readonly nameOf: (index: number) => string;
  readonly renderTile: (index: number, state: TileState) => ReactNode;
}

export const GridRow = memo(function GridRow(props: Props) {
  const { line, at, top, isBare, gap, ids, ratios, chosen, active, hovered, focused, nameOf, renderTile } =
    props;
  const place = { transform: `translateY(${top}px)`, height: line.height };
  if (line.heading) {
    return (
      <div
        role="row"
        aria-rowindex={at + 1}
        className="absolute inset-x-0 top-0 flex items-end pb-2"
        style={place}
      >
        <div role="rowheader">
          <h2 className="font-semibold text-body text-text">{line.heading}</h2>
        </div>
      </div>
    );
  }
  const indexes = Array.from({ length: line.to - line.from }, (_, n) => line.from + n);
  return (
    <div
      role="row"
      aria-rowindex={at + 1}
      className="absolute inset-x-0 top-0 flex [content-visibility:auto] [overflow-clip-margin:8px]"
      style={{ ...place, gap }}
    >
      {indexes.map((index) => {
        const id = ids[index] ?? "";
        const isSelected = chosen.has(id);
        return (
          <div
            key={id}
            role="gridcell"
            data-id={id}
            data-index={index}
            tabIndex={index === active ? 0 : -1}
            aria-selected={isSelected}
            aria-label={nameOf(index)}
            className="group relative shrink-0 cursor-pointer rounded-picture bg-skeleton focus-visible:z-10"
            style={{ width: boundedRatio(ratios[index]) * line.height }}
          >
            {!isBare &&
              renderTile(index, {
                isSelected,
                isSelecting: chosen.size > 0,
                isNear: index === hovered || index === focused,
              })}
          </div>
        );
      })}
    </div>
  );
});
