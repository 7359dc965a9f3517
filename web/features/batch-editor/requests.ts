/** What is sent, and where the answer belongs. Pure. */
import type { EstimatedRequest, SubmitBatchRequest, WrongField, WrongRequest } from "./actions";
import { type Checked, type CheckedRow, DEFAULTS_ROW, type Fault, type RowRequest } from "./checks";
import { type Draft, ROWS_MAX } from "./draft";

export type Batch = Omit<SubmitBatchRequest, "requestId">;

/** The batch as it is sent: its rows without the blank ones. `places` says where each is in the draft. */
export interface Sending {
  readonly request: Batch;
  readonly places: readonly number[];
}

/** `teamId`: the team that pays; undefined: the user. */
export function sendingOf(draft: Draft, { rows, defaults }: Checked, teamId: string | undefined): Sending {
  const scheduled = draft.scheduledAt && new Date(draft.scheduledAt).toISOString();
  const cap = capOf(draft);
  return {
    request: {
      name: draft.name.trim(),
      rows: rows.map(({ request }) => request),
      priority: draft.priority,
      ...(draft.template && { templateId: draft.template.id }),
      ...(Object.keys(defaults).length && { defaults }),
      ...(teamId && { teamId }),
      ...(scheduled && { scheduledAt: scheduled }),
      ...(cap !== undefined && { maxCredits: cap }),
    },
    places: rows.map(({ row }) => row),
  };
}

/** The cap in credits; undefined where there is none, NaN where what was typed is no whole number. */
export function capOf({ maxCredits }: Draft): number | undefined {
  const text = maxCredits.trim();
  if (!text) return undefined;
  return /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
}

/** A row with what it gets from the defaults: estimates know none. */
export function estimateOf(row: CheckedRow, draft: Draft, defaults: Checked["defaults"]): RowRequest {
  const ofTemplate = draft.template ? { templateId: draft.template.id } : {};
  return { ...ofTemplate, ...(defaults as RowRequest), ...row.request };
}

/** The rows that are worth asking about: what is wrong already is not asked. */
export function askable({ rows }: Checked): CheckedRow[] {
  return rows.filter(({ faults }) => !faults.length).slice(0, ROWS_MAX);
}

export interface RowPrice {
  readonly credits: number;
  readonly reusable: boolean;
}

export interface Priced {
  readonly prices: ReadonlyMap<string, RowPrice>;
  /** What the backend finds wrong, by the row's key. */
  readonly faults: ReadonlyMap<string, readonly WrongField[]>;
}

/** The answers of an estimate, by the keys of the rows that were asked about. */
export function pricedBy(
  keys: readonly string[],
  items: readonly (EstimatedRequest | WrongRequest)[],
): Priced {
  const prices = new Map<string, RowPrice>();
  const faults = new Map<string, readonly WrongField[]>();
  items.forEach((item, at) => {
    const key = keys[at];
    if (key === undefined) return;
    if ("credits" in item) prices.set(key, { credits: item.credits, reusable: item.reusable ?? false });
    else faults.set(key, item.fieldErrors as unknown as WrongField[]);
  });
  return { prices, faults };
}

/**
 * The cell that a field of a row is in: `variables.season` and `count` have columns of their own. What
 * belongs to no cell, as `references[0].path`, is said at the prompt.
 */
export function columnOf(field: string, columns: readonly string[]): string {
  if (columns.includes(field)) return field;
  const top = field.split(/[.[]/, 1)[0] ?? "";
  if (columns.includes(top)) return top;
  return field === "variables" ? firstVariable(columns) : "prompt";
}

const firstVariable = (columns: readonly string[]) =>
  columns.find((column) => column.startsWith("variables.")) ?? "prompt";

/** What a refused `submitBatch` finds wrong, at its cells: `rows[3].count`, `defaults.model`, `name`. */
export function faultsOfRefusal(
  errors: readonly WrongField[],
  places: readonly number[],
  columns: readonly string[],
): { cells: Fault[]; others: WrongField[] } {
  const cells: Fault[] = [];
  const others: WrongField[] = [];
  for (const error of errors) {
    const [, index, inRow = ""] = /^rows\[(\d+)\]\.?(.*)$/s.exec(error.field) ?? [];
    const row = index === undefined ? undefined : places[Number(index)];
    const [, inDefaults] = /^defaults\.(.+)$/s.exec(error.field) ?? [];
    if (row !== undefined) cells.push({ row, column: columnOf(inRow, columns), message: error.message });
    else if (inDefaults) cells.push({ row: DEFAULTS_ROW, column: inDefaults, message: error.message });
    else others.push(error);
  }
  return { cells, others };
}

/** The faults of an estimate at the cells of the draft as it is now. */
export function faultsOfEstimate(
  rows: readonly CheckedRow[],
  faults: Priced["faults"],
  { columns, defaults }: Draft,
): Fault[] {
  return rows.flatMap(({ row, key, request }) =>
    (faults.get(key) ?? []).map(({ field, message }) => {
      const top = field.split(/[.[]/, 1)[0] ?? "";
      const isDefault = Boolean(defaults[top]) && !(top in request);
      return isDefault
        ? { row: DEFAULTS_ROW, column: top, message }
        : { row, column: columnOf(field, columns), message };
    }),
  );
}

/** The next fault behind this place, going round; rows from the top, cells from the left. */
export function nextFault(
  faults: readonly Fault[],
  columns: readonly string[],
  after?: { readonly row: number; readonly column: string },
): Fault | undefined {
  type Place = { readonly row: number; readonly column: string };
  const place = ({ row, column }: Place) => [row, columns.indexOf(column)] as const;
  const from = after && place(after);
  const sorted = faults.toSorted((one, other) => {
    const [a, b] = [place(one), place(other)];
    return a[0] - b[0] || a[1] - b[1];
  });
  const isBehind = (fault: Fault) => {
    const [row, column] = place(fault);
    return !from || row > from[0] || (row === from[0] && column > from[1]);
  };
  return sorted.find(isBehind) ?? sorted[0];
}
