/** A sheet whose first row names its columns. They may stand in any order, among others. */
interface Table {
  sheet: GoogleAppsScript.Spreadsheet.Sheet;
  rows: TableRow[];
}

interface TableRow {
  /**
   * The row of the sheet, from 1. True only until the user sorts, so a table is read anew after each
   * request.
   */
  number: number;
  /** What the cells show, by the names of their columns. */
  cells: Record<string, string>;
  state: RowState | undefined;
  /** Somebody has changed the hidden cell. */
  isUnreadable: boolean;
}

const INPUTS = ["prompt", "model", "ratio", "count", "references"];
const OUTPUTS = ["status", "reason", "picture", "link"];
const STATE = "mediaforge";
const FAILURES = ["failed", "not sent"];
const COLOUR_OF_FAILURES = "#f4cccc";
const PICTURE_PX = 100;

/**
 * Columns are added where they are missing; nothing that is there is moved or overwritten. Returns what is
 * wrong with a sheet that has other columns only, or "".
 */
function prepare(sheet: GoogleAppsScript.Spreadsheet.Sheet): string {
  const isEmpty = sheet.getLastColumn() === 0;
  if (!isEmpty && !namesOf(sheet).includes("prompt")) {
    return "No column is called “prompt”: the first row has to name them. An empty sheet gets them.";
  }
  for (const name of isEmpty ? [...INPUTS, ...OUTPUTS] : OUTPUTS) columnOf(sheet, name);
  sheet.hideColumns(columnOf(sheet, STATE));
  // As texts, or Sheets would read 16:9 as a time.
  if (isEmpty) sheet.getRange(1, columnOf(sheet, "ratio"), sheet.getMaxRows(), 1).setNumberFormat("@");
  return "";
}

function namesOf(sheet: GoogleAppsScript.Spreadsheet.Sheet): string[] {
  const last = sheet.getLastColumn();
  const names = last === 0 ? [] : sheet.getRange(1, 1, 1, last).getDisplayValues()[0];
  return (names ?? []).map((name) => name.trim().toLowerCase());
}

/** The number of the column, from 1; it is made where it is missing. */
function columnOf(sheet: GoogleAppsScript.Spreadsheet.Sheet, name: string): number {
  const names = namesOf(sheet);
  const found = names.indexOf(name);
  if (found >= 0) return found + 1;
  if (names.length === sheet.getMaxColumns()) sheet.insertColumnsAfter(names.length, 1);
  write(sheet, 1, names.length + 1, name);
  return names.length + 1;
}

/** The rows below the names. None where the sheet has nothing to do with MediaForge. */
function readTable(sheet: GoogleAppsScript.Spreadsheet.Sheet): Table {
  const names = namesOf(sheet);
  if (!names.includes(STATE) || !names.includes("prompt")) return { sheet, rows: [] };
  const values = sheet.getRange(1, 1, sheet.getLastRow(), names.length).getDisplayValues();
  return { sheet, rows: values.slice(1).map((row, index) => rowOf(names, row, index + 2)) };
}

function rowOf(names: string[], values: string[], number: number): TableRow {
  const cells: Record<string, string> = {};
  // From the right: of two columns of one name the first counts.
  for (let column = names.length - 1; column >= 0; column--)
    cells[names[column] ?? ""] = values[column] ?? "";
  const state = readState(cells[STATE] ?? "");
  const isUnreadable = state === "unreadable";
  return { number, cells, state: state === "unreadable" ? undefined : state, isUnreadable };
}

/** Writes what is known of some rows into their hidden cells, of which each is written as a whole. */
class Writer {
  private columns: Record<string, number> = {};

  constructor(private readonly sheet: GoogleAppsScript.Spreadsheet.Sheet) {}

  state(row: TableRow, state: RowState): void {
    row.state = state;
    write(this.sheet, row.number, this.column(STATE), JSON.stringify(state));
  }

  /**
   * Only what differs: a cell that is written costs time. The status goes last, since it tells the others.
   */
  status(row: TableRow, status: string, reason = ""): void {
    const wasFailure = FAILURES.includes(row.cells.status ?? "");
    if (FAILURES.includes(status) !== wasFailure) {
      const colour = wasFailure ? null : COLOUR_OF_FAILURES;
      this.sheet.getRange(row.number, this.column("status")).setBackground(colour);
    }
    for (const [name, text] of [
      ["reason", reason],
      ["status", status],
    ] as const) {
      if (row.cells[name] !== text) write(this.sheet, row.number, this.column(name), text);
      row.cells[name] = text;
    }
  }

  /** Each picture in a column of its own, beside its link. */
  pictures(row: TableRow, thumbnails: string[], links: string[]): void {
    for (let index = 0; index < Math.max(thumbnails.length, links.length, 1); index++) {
      const suffix = index === 0 ? "" : ` ${index + 1}`;
      const picture = imageFormula(thumbnails[index]);
      writeFormula(this.sheet, row.number, this.column(`picture${suffix}`), picture);
      writeFormula(this.sheet, row.number, this.column(`link${suffix}`), linkFormula(links[index]));
    }
    if (thumbnails.length > 0) this.sheet.setRowHeight(row.number, PICTURE_PX);
  }

  /** The row is as if it had never been asked for. Its hidden cell goes last. */
  forget(row: TableRow): void {
    const shown = Object.keys(row.cells).filter((name) => /^(picture|link)( [2-4])?$/.test(name));
    for (const name of shown) writeFormula(this.sheet, row.number, this.column(name), "");
    this.status(row, "");
    this.sheet.getRange(row.number, this.column(STATE)).clearContent();
  }

  private column(name: string): number {
    return (this.columns[name] ??= columnOf(this.sheet, name));
  }
}
