/** The draft as the grid shows it. Pure. */
import type { Catalog, TierOffer } from "@/live/catalog";
import { modelsOf } from "@/live/catalog";
import { variablesOf } from "@/parts/placeholders";
import type { SheetColumn, SheetRow } from "@/parts/sheet-grid";
import { columnWords, editorWords } from "@/words/batches";
import { type Fault, rulesOf } from "./checks";
import { variableColumn, variableOf } from "./columns";
import { type Draft, textOf } from "./draft";
import type { Price } from "./use-editor";

export const CREDITS = "credits";

const WIDTHS: Readonly<Record<string, number>> = {
  kind: 84,
  aspectRatio: 84,
  count: 72,
  durationSeconds: 84,
  resolution: 104,
  seed: 112,
  model: 180,
  styleId: 140,
  title: 160,
};
const NUMBERS = ["count", "durationSeconds", "seed", CREDITS];
const WIDE = 160;

export const titleOf = (column: string): string => {
  const variable = variableOf(column);
  return variable === undefined ? (columnWords[column] ?? column) : editorWords.variable(variable);
};

export function sheetColumns(columns: readonly string[]): SheetColumn[] {
  const fields = columns.map((id): SheetColumn => {
    const width = id === "prompt" ? undefined : (WIDTHS[id] ?? WIDE);
    return { id, title: titleOf(id), isNumber: NUMBERS.includes(id), ...(width && { width }) };
  });
  return [...fields, { id: CREDITS, title: editorWords.credits, width: 80, isNumber: true, isFixed: true }];
}

export function sheetRows(
  draft: Draft,
  faults: readonly Fault[],
  prices: ReadonlyMap<string, Price>,
  offFrom: number,
  hints: Readonly<Record<string, string>>,
): SheetRow[] {
  const byRow = Map.groupBy(faults, ({ row }) => row);
  return draft.rows.map((row, at): SheetRow => {
    const wrong = (byRow.get(at) ?? []).map(({ column, message }) => [column, message]);
    const price = prices.get(row.key);
    return {
      key: row.key,
      texts: { ...row.cells, [CREDITS]: price ? String(price.credits) : "" },
      faults: Object.fromEntries(wrong),
      hints,
      isOff: at >= offFrom,
    };
  });
}

/** What an empty cell stands for: the default of all rows, of the template, or of the model. */
export function hintsOf(
  draft: Draft,
  catalog: Catalog | undefined,
  tier: TierOffer | undefined,
): Record<string, string> {
  const model = catalog && rulesOf(draft, catalog, tier).model;
  const ofTemplate = Object.entries(draft.template?.defaults ?? {}).map(([name, value]) => [
    name,
    String(value),
  ]);
  const variables = variablesOf(draft.template?.prompt ?? "").flatMap(({ name, fallback }) =>
    fallback === undefined ? [] : [[variableColumn(name), fallback]],
  );
  const given = Object.entries(draft.defaults).filter(([, text]) => text);
  return {
    aspectRatio: model?.defaultAspectRatio ?? "",
    count: "1",
    durationSeconds: String(model?.video?.durationsSeconds[0] ?? ""),
    resolution: Object.keys(model?.sizes ?? {})[0] ?? "",
    model: model?.title ?? "",
    prompt: draft.template?.prompt ?? "",
    [CREDITS]: editorWords.noPrice,
    ...Object.fromEntries([...ofTemplate, ...variables, ...given]),
  };
}

/** What may be chosen in a cell; empty: anything may be typed. */
export function optionsOf(
  draft: Draft,
  catalog: Catalog | undefined,
  tier: TierOffer | undefined,
  row: number,
  column: string,
): readonly string[] {
  if (!catalog) return [];
  const { model, kind } = rulesOf(draft, catalog, tier, draft.rows[row]);
  switch (column) {
    case "kind":
      return ["image", "video"];
    case "aspectRatio":
      return Object.keys(model?.aspectRatios ?? {});
    case "count":
      return Array.from({ length: model?.countMax ?? 1 }, (_, n) => String(n + 1));
    case "durationSeconds":
      return (model?.video?.durationsSeconds ?? []).map(String);
    case "resolution":
      return kind === "video" ? Object.keys(model?.sizes ?? {}) : [];
    case "model":
      return modelsOf(catalog, kind)
        .filter(({ id }) => !tier || tier.models.includes(id))
        .map(({ title }) => title);
    case "styleId":
      return catalog.styles.map(({ title }) => title);
    default:
      return [];
  }
}

/** The first row of the grid that is beyond what the tier takes. */
export function offFrom(draft: Draft, rest: number): number {
  if (!rest) return draft.rows.length;
  let left = rest;
  for (let at = draft.rows.length - 1; at >= 0; at -= 1) {
    const row = draft.rows[at];
    if (row && Object.keys(row.cells).some((column) => textOf(row, column).trim())) left -= 1;
    if (left === 0) return at;
  }
  return 0;
}
