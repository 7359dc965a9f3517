/** Texts that go into cells. Pure. */
import type { Cell, Range } from "./selection";
import type { Table } from "./table-text";

export interface CellText extends Cell {
  readonly text: string;
}

/**
 * What a table that is pasted puts where: from the top left of the range. A range that is a whole number of
 * times as high and as wide is filled with it over and over, as spreadsheets do; so one cell fills a column.
 */
export function pasted(table: Table, range: Range): CellText[] {
  const height = table.length;
  const width = Math.max(0, ...table.map((row) => row.length));
  if (!height || !width) return [];
  const rows = range.bottom - range.top + 1;
  const columns = range.right - range.left + 1;
  const times = (wanted: number, has: number) => (wanted % has === 0 ? wanted / has : 1);
  const down = times(rows, height);
  const across = times(columns, width);
  const texts: CellText[] = [];
  for (let row = 0; row < height * down; row += 1) {
    for (let column = 0; column < width * across; column += 1) {
      const text = table[row % height]?.[column % width] ?? "";
      texts.push({ row: range.top + row, column: range.left + column, text });
    }
  }
  return texts;
}
