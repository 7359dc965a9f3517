/** Where the cursor of a sheet is, and what is selected. Pure. */

export interface Cell {
  readonly row: number;
  readonly column: number;
}

export interface Size {
  readonly rows: number;
  readonly columns: number;
}

/** The cells between two corners. The cursor is at `head`; `anchor` stays where the selection began. */
export interface Selection {
  readonly anchor: Cell;
  readonly head: Cell;
}

export interface Range {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

export const selectionAt = (cell: Cell): Selection => ({ anchor: cell, head: cell });

export function rangeOf({ anchor, head }: Selection): Range {
  return {
    top: Math.min(anchor.row, head.row),
    bottom: Math.max(anchor.row, head.row),
    left: Math.min(anchor.column, head.column),
    right: Math.max(anchor.column, head.column),
  };
}

export function isWithin(range: Range, { row, column }: Cell): boolean {
  return row >= range.top && row <= range.bottom && column >= range.left && column <= range.right;
}

/** The rows of a range as lists of cells, from the top left. */
export function cellsOf({ top, bottom, left, right }: Range): Cell[][] {
  const columns = Array.from({ length: right - left + 1 }, (_, at) => left + at);
  return Array.from({ length: bottom - top + 1 }, (_, at) =>
    columns.map((column) => ({ row: top + at, column })),
  );
}

export type Move =
  | "up"
  | "down"
  | "left"
  | "right"
  | "row-start"
  | "row-end"
  | "start"
  | "end"
  | "page-up"
  | "page-down"
  | "next"
  | "previous";

const PAGE_ROWS = 12;

/** The cell that a move leads to; the same cell at an edge. `next` and `previous` go on in the next row. */
export function moved({ row, column }: Cell, move: Move, { rows, columns }: Size): Cell {
  const lastRow = rows - 1;
  const lastColumn = columns - 1;
  const to = (r: number, c: number): Cell => ({
    row: Math.max(0, Math.min(lastRow, r)),
    column: Math.max(0, Math.min(lastColumn, c)),
  });
  switch (move) {
    case "up":
      return to(row - 1, column);
    case "down":
      return to(row + 1, column);
    case "left":
      return to(row, column - 1);
    case "right":
      return to(row, column + 1);
    case "row-start":
      return to(row, 0);
    case "row-end":
      return to(row, lastColumn);
    case "start":
      return to(0, 0);
    case "end":
      return to(lastRow, lastColumn);
    case "page-up":
      return to(row - PAGE_ROWS, column);
    case "page-down":
      return to(row + PAGE_ROWS, column);
    case "next":
      if (column < lastColumn) return to(row, column + 1);
      return row < lastRow ? to(row + 1, 0) : { row, column };
    case "previous":
      if (column > 0) return to(row, column - 1);
      return row > 0 ? to(row - 1, lastColumn) : { row, column };
  }
}
