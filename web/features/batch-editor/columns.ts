/** The columns of the editor. A column's id is its field in a request: so the backend's answers name it. */

export const FIELDS = [
  "title",
  "prompt",
  "kind",
  "aspectRatio",
  "count",
  "durationSeconds",
  "resolution",
  "seed",
  "negativePrompt",
  "model",
  "styleId",
] as const;
export type Field = (typeof FIELDS)[number];

export const COLUMNS_MAX = 12;
const VARIABLE = "variables.";

export const variableColumn = (name: string): string => `${VARIABLE}${name}`;

/** The variable whose column it is. */
export function variableOf(column: string): string | undefined {
  return column.startsWith(VARIABLE) ? column.slice(VARIABLE.length) : undefined;
}

const placeOf = (column: string): number => {
  const at = FIELDS.indexOf(column as Field);
  return at === -1 ? FIELDS.length : at;
};

/** The columns with one more: fields in their order, variables behind them. */
export function newColumnOf(columns: readonly string[], column: string): readonly string[] {
  if (columns.length >= COLUMNS_MAX) return columns;
  const behind = columns.findIndex((each) => placeOf(each) > placeOf(column));
  return columns.toSpliced(behind === -1 ? columns.length : behind, 0, column);
}
