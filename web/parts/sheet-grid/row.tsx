"use client";
import { TriangleAlert } from "lucide-react";
import { memo, type ReactNode } from "react";
import type { SheetColumn, SheetRow } from "./model";

/** What pointers do with a row's cells. */
export interface RowPointers {
  readonly down: (row: number, column: number, extend: boolean) => void;
  readonly drag: (row: number, column: number) => void;
  readonly head: (row: number, extend: boolean) => void;
}

interface Props {
  readonly row: SheetRow;
  readonly at: number;
  readonly name: string;
  readonly columns: readonly SheetColumn[];
  /** The first and the last of its columns that are selected; -1: none is. */
  readonly left: number;
  readonly right: number;
  /** The column that has the cursor, where it is in this row. */
  readonly cursor: number | undefined;
  readonly input: ReactNode;
  readonly on: RowPointers;
}

/** Drawn anew only where something of it has changed: a hundred of them have to follow the keys. */
export const Row = memo(function Row({ row, at, name, columns, left, right, cursor, input, on }: Props) {
  const isInRange = left >= 0;
  return (
    <tr aria-rowindex={at + 2} className={row.isOff ? "opacity-50" : undefined}>
      <th
        scope="row"
        aria-label={name}
        className={`sticky start-0 z-20 h-8 border-line border-e border-b px-2 text-end font-normal text-meta tabular-nums pointer-coarse:h-11 ${
          isInRange ? "bg-tint text-accent-text" : "bg-surface text-text3"
        }`}
        onPointerDown={(event) => {
          event.preventDefault();
          on.head(at, event.shiftKey);
        }}
      >
        {at + 1}
      </th>
      {columns.map((column, index) => {
        const fault = row.faults[column.id];
        const text = row.texts[column.id];
        const isSelected = isInRange && index >= left && index <= right;
        const hasCursor = cursor === index;
        return (
          // biome-ignore lint/a11y/useAriaPropsSupportedByRole: a td of a grid is a gridcell
          <td
            key={column.id}
            aria-colindex={index + 2}
            aria-selected={isSelected}
            aria-invalid={fault ? true : undefined}
            aria-readonly={column.isFixed || undefined}
            className={`relative h-8 border-line border-e border-b px-2 text-control pointer-coarse:h-11 ${
              fault ? "bg-bad-tint text-bad" : isSelected && !hasCursor ? "bg-tint" : "bg-surface"
            } ${column.isNumber ? "text-end tabular-nums" : ""}`}
            onPointerDown={(event) => {
              if (event.button !== 0 || hasCursor) return;
              event.preventDefault(); // a finger scrolls, a mouse selects; the input takes the focus
              on.down(at, index, event.shiftKey);
            }}
            onPointerEnter={(event) => {
              if (event.buttons === 1 && event.pointerType === "mouse") on.drag(at, index);
            }}
          >
            {!hasCursor && <Text text={text} hint={row.hints[column.id]} isWrong={Boolean(fault)} />}
            {hasCursor && input}
          </td>
        );
      })}
    </tr>
  );
});

interface TextProps {
  readonly text: string | undefined;
  readonly hint: string | undefined;
  readonly isWrong: boolean;
}

function Text({ text, hint, isWrong }: TextProps) {
  return (
    <span className="block truncate">
      {isWrong && <TriangleAlert aria-hidden size={14} className="me-1 inline align-[-2px]" />}
      {text ? text : <span className="text-text3">{hint}</span>}
    </span>
  );
}
