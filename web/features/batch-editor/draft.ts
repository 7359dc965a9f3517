/** A batch before it is sent: what the editor shows, and what is kept at every change. Pure. */
import { variablesOf } from "@/parts/placeholders";
import { newColumnOf, variableColumn } from "./columns";

/** `cells` has the texts by the name of their field in a request: `prompt`, `variables.season`. */
export interface DraftRow {
  readonly key: string;
  readonly cells: Readonly<Record<string, string>>;
}

/** The texts of the defaults, by the name of their field. */
export type DraftDefaults = Readonly<Record<string, string>>;

export interface DraftTemplate {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly prompt: string | undefined;
  /** What a row makes that does not say it. */
  readonly kind: string | undefined;
  readonly defaults: Readonly<Record<string, unknown>>;
}

export interface Draft {
  readonly name: string;
  /** The fields that have a column, in their order. */
  readonly columns: readonly string[];
  readonly rows: readonly DraftRow[];
  readonly defaults: DraftDefaults;
  readonly template: DraftTemplate | undefined;
  readonly priority: "low" | "normal" | "high";
  /** Local date and time, as an input has it; empty: at once. */
  readonly scheduledAt: string;
  /** The cap, as it was typed. */
  readonly maxCredits: string;
}

export const FIRST_COLUMNS = ["prompt", "aspectRatio", "count", "seed"] as const;
const FIRST_ROWS = 3;
export const ROWS_MAX = 100;

export function emptyDraft(newKey: () => string): Draft {
  return {
    name: "",
    columns: FIRST_COLUMNS,
    rows: Array.from({ length: FIRST_ROWS }, () => ({ key: newKey(), cells: {} })),
    defaults: {},
    template: undefined,
    priority: "normal",
    scheduledAt: "",
    maxCredits: "",
  };
}

export const textOf = (row: DraftRow | undefined, column: string): string => row?.cells[column] ?? "";

export function isBlank(row: DraftRow): boolean {
  return Object.values(row.cells).every((text) => !text.trim());
}

export interface CellEdit {
  readonly row: number;
  readonly column: string;
  readonly text: string;
}

/** The draft with these texts. Rows that are not there yet are added, a hundred in all at most. */
export function withCells(draft: Draft, edits: readonly CellEdit[], newKey: () => string): Draft {
  const rows = [...draft.rows];
  for (const { row, column, text } of edits) {
    if (row >= ROWS_MAX) continue;
    while (rows.length <= row) rows.push({ key: newKey(), cells: {} });
    const before = rows[row];
    if (!before || textOf(before, column) === text) continue;
    rows[row] = { ...before, cells: { ...before.cells, [column]: text } };
  }
  // A variable that a prompt names has to be filled somewhere.
  const prompts = edits.filter(({ column }) => column === "prompt").flatMap(({ text }) => variablesOf(text));
  return withColumns(
    { ...draft, rows },
    prompts.map(({ name }) => variableColumn(name)),
  );
}

export function withRowAt(draft: Draft, at: number, row: DraftRow): Draft {
  if (draft.rows.length >= ROWS_MAX) return draft;
  return { ...draft, rows: draft.rows.toSpliced(at, 0, row) };
}

/** A draft always has a row to write in. */
export function withoutRow(draft: Draft, at: number, newKey: () => string): Draft {
  const rows = draft.rows.toSpliced(at, 1);
  return { ...draft, rows: rows.length ? rows : [{ key: newKey(), cells: {} }] };
}

export function withRowMoved(draft: Draft, at: number, by: -1 | 1): Draft {
  const row = draft.rows[at];
  const to = at + by;
  if (!row || to < 0 || to >= draft.rows.length) return draft;
  return { ...draft, rows: draft.rows.toSpliced(at, 1).toSpliced(to, 0, row) };
}

/** The draft with these columns beside those that it has; each where its kind of field belongs. */
export function withColumns(draft: Draft, columns: readonly string[]): Draft {
  const more = columns.filter((column) => !draft.columns.includes(column));
  if (!more.length) return draft;
  return { ...draft, columns: more.reduce(newColumnOf, draft.columns) };
}

export function withoutColumn(draft: Draft, column: string): Draft {
  const rows = draft.rows.map((row) => {
    const { [column]: _, ...cells } = row.cells;
    return { ...row, cells };
  });
  return { ...draft, rows, columns: draft.columns.filter((each) => each !== column) };
}

/** The draft with this template: its variables are columns. Empty ones of another template go. */
export function withTemplate(
  draft: Draft,
  template: DraftTemplate | undefined,
  variables: readonly string[],
): Draft {
  const wanted = variables.map(variableColumn);
  const isEmpty = (column: string) => draft.rows.every((row) => !textOf(row, column).trim());
  const kept = draft.columns.filter(
    (column) => !column.startsWith("variables.") || wanted.includes(column) || !isEmpty(column),
  );
  return withColumns({ ...draft, template, columns: kept }, wanted);
}
