/** What a pasted text means in the grid. Pure. */
import { pasted } from "@/parts/sheet-grid/fill";
import type { Range } from "@/parts/sheet-grid/selection";
import { parseTable, type Table } from "@/parts/sheet-grid/table-text";
import type { CellEdit } from "./draft";
import { type Headed, headed, type Meaning } from "./headers";

/**
 * The cells of a text. With tabs it is a spreadsheet's. With a line of known names between commas or
 * semicolons it is CSV. Else each line is a prompt, whatever commas it has.
 */
export function tableOf(text: string, variables: readonly string[]): Table {
  if (text.includes("\t")) return parseTable(text, "\t");
  for (const delimiter of [",", ";"]) {
    const table = parseTable(text, delimiter);
    if ((table[0]?.length ?? 0) > 1 && headed(table, variables)) return table;
  }
  return parseTable(text, "\t");
}

/** The edits of a table without a header: from the top left of the selection. Cells beyond the last column
 *  are counted in `left`, not lost silently. */
export function editsAt(
  table: Table,
  range: Range,
  columns: readonly string[],
): { edits: CellEdit[]; left: number } {
  const edits: CellEdit[] = [];
  let left = 0;
  for (const { row, column: at, text } of pasted(table, range)) {
    const column = columns[at];
    if (column !== undefined) edits.push({ row, column, text: text.trim() });
    else if (text.trim()) left += 1;
  }
  return { edits, left };
}

/** The edits of a table with a header, from this row on. */
export function editsOf({ rows }: Headed, meanings: readonly Meaning[], from: number): CellEdit[] {
  return rows.flatMap((cells, at) =>
    meanings.flatMap((column, cell) =>
      typeof column === "string" ? [{ row: from + at, column, text: cells[cell]?.trim() ?? "" }] : [],
    ),
  );
}

export const columnsOf = (meanings: readonly Meaning[]): string[] =>
  meanings.filter((meaning): meaning is string => typeof meaning === "string");
