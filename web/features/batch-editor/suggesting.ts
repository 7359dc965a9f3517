/** What would cost less, as changes of the draft. Pure. */
import type { Suggestion } from "./actions";
import { FIELDS } from "./columns";
import { type Draft, withCells, withColumns, withoutRow } from "./draft";

/** Whether the editor can do it: it has no column for sizes in pixels, or for `reuse`. */
export function isDoable({ change }: Suggestion): boolean {
  return !change || Object.keys(change).every((name) => (FIELDS as readonly string[]).includes(name));
}

/** The draft with the change in its rows. `keys` are those of the rows that the suggestion counts. */
export function applied(
  draft: Draft,
  { change, rows }: Suggestion,
  keys: readonly string[],
  newKey: () => string,
): Draft {
  const places = rows.flatMap((row) => {
    const at = draft.rows.findIndex(({ key }) => key === keys[row]);
    return at === -1 ? [] : [at];
  });
  if (!change)
    return places.toSorted((a, b) => b - a).reduce((now, at) => withoutRow(now, at, newKey), draft);
  const edits = places.flatMap((row) =>
    Object.entries(change).map(([column, value]) => ({
      row,
      column,
      text: value === null ? "" : String(value),
    })),
  );
  return withCells(withColumns(draft, Object.keys(change)), edits, newKey);
}
