/** The first of the two checks: each cell against the catalogue, at once and without asking. Pure. */
import type { Catalog, TierOffer } from "@/live/catalog";
import { variablesOf } from "@/parts/placeholders";
import { faultWords } from "@/words/batches";
import type { GenerateImageRequest, GenerateVideoRequest } from "./actions";
import { FIELDS, type Field, variableColumn, variableOf } from "./columns";
import { type Draft, type DraftRow, isBlank, textOf } from "./draft";
import { cellValue, type Kind, kindOf, modelNamed, type Rules } from "./values";

export interface Fault {
  /** The row's place in the draft; -1: the defaults. */
  readonly row: number;
  readonly column: string;
  readonly message: string;
}

export const DEFAULTS_ROW = -1;

export type RowRequest = Partial<GenerateImageRequest> | Partial<GenerateVideoRequest>;

export interface CheckedRow {
  /** The row's place in the draft. */
  readonly row: number;
  readonly key: string;
  readonly faults: readonly Fault[];
  /** The row as the backend takes it, without the defaults; without what is wrong. */
  readonly request: RowRequest;
  readonly kind: Kind;
}

export interface Checked {
  /** The rows that are not blank, in their order. */
  readonly rows: readonly CheckedRow[];
  readonly defaults: Readonly<Record<string, string | number>>;
  readonly faults: readonly Fault[];
}

export function checked(draft: Draft, catalog: Catalog, tier: TierOffer | undefined): Checked {
  const defaults = checkedDefaults(draft, catalog, tier);
  const rows = draft.rows.flatMap((row, at) =>
    isBlank(row) ? [] : [checkedRow(draft, row, at, catalog, tier)],
  );
  return {
    rows,
    defaults: defaults.values,
    faults: [...defaults.faults, ...rows.flatMap(({ faults }) => faults)],
  };
}

function checkedRow(
  draft: Draft,
  row: DraftRow,
  at: number,
  catalog: Catalog,
  tier: TierOffer | undefined,
): CheckedRow {
  const kind = kindIn(draft, row);
  const rules = { catalog, tier, kind, model: modelIn(draft, row, kind, catalog) };
  const faults: Fault[] = [];
  const request: Record<string, unknown> = {};
  for (const field of FIELDS) {
    const value = cellValue(field, textOf(row, field), rules);
    if (!value) continue;
    if ("fault" in value) faults.push({ row: at, column: field, message: value.fault });
    else request[field] = value.value;
  }
  faults.push(...promptFaults(draft, row, at));
  const variables = variablesIn(row);
  if (Object.keys(variables).length) request.variables = variables;
  return { row: at, key: row.key, faults, request: request as RowRequest, kind };
}

/** A prompt has to be there, and each of its variables that has no default. */
function promptFaults(draft: Draft, row: DraftRow, at: number): Fault[] {
  const prompt = textOf(row, "prompt").trim() || draft.template?.prompt;
  if (!prompt) return [{ row: at, column: "prompt", message: faultWords.promptMissing }];
  return variablesOf(prompt)
    .filter(({ name, fallback }) => fallback === undefined && !textOf(row, variableColumn(name)).trim())
    .map(({ name }) => {
      const column = variableColumn(name);
      const isShown = draft.columns.includes(column);
      return { row: at, column: isShown ? column : "prompt", message: faultWords.variableMissing(name) };
    });
}

function variablesIn(row: DraftRow): Record<string, string> {
  const said = Object.entries(row.cells).flatMap(([column, text]) => {
    const name = variableOf(column);
    return name !== undefined && text.trim() ? [[name, text.trim()] as const] : [];
  });
  return Object.fromEntries(said);
}

/** What the row makes: as it says, else as the defaults do, else as its template does. */
export function kindIn(draft: Draft, row?: DraftRow): Kind {
  const said = textOf(row, "kind") || draft.defaults.kind || draft.template?.kind || "";
  return kindOf(said) ?? "image";
}

function modelIn(draft: Draft, row: DraftRow | undefined, kind: Kind, catalog: Catalog): Rules["model"] {
  const ofTemplate = draft.template?.defaults.model;
  const said =
    textOf(row, "model").trim() ||
    draft.defaults.model ||
    (typeof ofTemplate === "string" && ofTemplate) ||
    catalog.defaults[kind] ||
    "";
  const model = modelNamed(catalog, said);
  return model?.kind === kind ? model : undefined;
}

/** Fields of the defaults that are no cell's, and that only the backend can check. */
const ONLY_DEFAULTS = ["referencePackId", "brandId"] as const;

function checkedDefaults(draft: Draft, catalog: Catalog, tier: TierOffer | undefined) {
  const kind = kindIn(draft);
  const rules = { catalog, tier, kind, model: modelIn(draft, undefined, kind, catalog) };
  const values: Record<string, string | number> = {};
  const faults: Fault[] = [];
  for (const [field, text] of Object.entries(draft.defaults)) {
    if ((ONLY_DEFAULTS as readonly string[]).includes(field)) {
      if (text) values[field] = text;
      continue;
    }
    const value = cellValue(field as Field, text, rules);
    if (!value) continue;
    if ("fault" in value) faults.push({ row: DEFAULTS_ROW, column: field, message: value.fault });
    else values[field] = value.value;
  }
  return { values, faults };
}

/** The rules for the default of all rows: what its choices are drawn from. */
export function rulesOf(draft: Draft, catalog: Catalog, tier: TierOffer | undefined, row?: DraftRow): Rules {
  const kind = kindIn(draft, row);
  return { catalog, tier, kind, model: modelIn(draft, row, kind, catalog) };
}
