/** Cells as text, as spreadsheets put them on the clipboard. Pure. */

export type Table = readonly (readonly string[])[];

/**
 * The cells of a text with this delimiter. A cell in quotes may have the delimiter, line breaks and doubled
 * quotes in it; a quote inside an unquoted cell is part of it, since people write 5" and "so". The line
 * break that spreadsheets put at the end is no row.
 */
export function parseTable(text: string, delimiter: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  for (;;) {
    const quoted = text[at] === '"' ? quotedCell(text, at, delimiter) : undefined;
    const cell = quoted ?? plainCell(text, at, delimiter);
    row.push(cell.text);
    at = cell.end;
    if (text[at] === delimiter) {
      at += 1;
      continue;
    }
    rows.push(row);
    row = [];
    if (at >= text.length) return rows;
    at += text.startsWith("\r\n", at) ? 2 : 1;
    if (at >= text.length) return rows;
  }
}

interface CellText {
  readonly text: string;
  /** Where the delimiter or the line break behind it is. */
  readonly end: number;
}

const isBreak = (character: string | undefined) => character === "\n" || character === "\r";

function plainCell(text: string, from: number, delimiter: string): CellText {
  let end = from;
  while (end < text.length && text[end] !== delimiter && !isBreak(text[end])) end += 1;
  return { text: text.slice(from, end), end };
}

/** Nothing where the quote does not end right before a delimiter or a break: then it belongs to the words. */
function quotedCell(text: string, from: number, delimiter: string): CellText | undefined {
  for (let at = text.indexOf('"', from + 1); at !== -1; at = text.indexOf('"', at)) {
    if (text[at + 1] === '"') {
      at += 2;
      continue;
    }
    const next = text[at + 1];
    if (next !== undefined && next !== delimiter && !isBreak(next)) return undefined;
    return { text: text.slice(from + 1, at).replaceAll('""', '"'), end: at + 1 };
  }
  return undefined;
}

/** The text that spreadsheets take from the clipboard: tabs between cells, quotes where a cell needs them. */
export function tableText(table: Table): string {
  const cell = (text: string) => (/["\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return table.map((row) => row.map(cell).join("\t")).join("\n");
}
