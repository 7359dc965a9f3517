import { useState } from "react";
import { variablesOf } from "@/parts/placeholders";
import type { Range } from "@/parts/sheet-grid";
import type { Table } from "@/parts/sheet-grid/table-text";
import { toast } from "@/parts/toasts";
import { editorWords as words } from "@/words/batches";
import { variableOf } from "./columns";
import { tableOfFile } from "./csv";
import { type CellEdit, type Draft, isBlank, ROWS_MAX, withCells, withColumns } from "./draft";
import { type Headed, hasUnknown, headed, type Meaning } from "./headers";
import { columnsOf, editsAt, editsOf, tableOf } from "./pasting";
import { newKey } from "./use-draft";

interface Asking {
  readonly table: Headed;
  readonly from: number;
}

/** Texts and files that come into the draft; `asking` is a table whose columns nobody knows. */
export function useImport(draft: Draft, change: (how: (draft: Draft) => Draft) => void) {
  const [asking, setAsking] = useState<Asking>();

  const put = (edits: readonly CellEdit[], columns: readonly string[], left: number) => {
    const rows = Math.max(0, ...edits.map(({ row }) => row + 1)) - ROWS_MAX;
    change((before) => withCells(withColumns(before, columns), edits, newKey));
    if (rows > 0) toast({ text: words.overHundred(rows), isError: true });
    else if (left > 0) toast({ text: words.cellsLeft(left), isError: true });
  };
  const takeHeaded = (table: Headed, meanings: readonly Meaning[], from: number) => {
    setAsking(undefined);
    put(editsOf(table, meanings, from), columnsOf(meanings), 0);
  };
  const take = (table: Table, range: Range) => {
    const known = headed(table, variablesIn(draft));
    if (!known) {
      const { edits, left } = editsAt(table, range, draft.columns);
      put(edits, [], left);
    } else if (hasUnknown(known)) setAsking({ table: known, from: range.top });
    else takeHeaded(known, known.meanings, range.top);
  };
  const paste = (text: string, over: Range) => take(tableOf(text, variablesIn(draft)), over);
  /** Behind the rows that are there. */
  const append = (table: Table) => {
    const at = draft.rows.findLastIndex((row) => !isBlank(row)) + 1;
    take(table, { top: at, bottom: at, left: 0, right: 0 });
  };
  const importFile = (file: File) =>
    tableOfFile(file).then(append, () => toast({ text: words.csvFailed(file.name), isError: true }));
  const appendText = (text: string) => append(tableOf(text, variablesIn(draft)));
  return { asking, setAsking, takeHeaded, paste, importFile, appendText };
}

/** The variables that have a column, or a place in the template. */
function variablesIn({ columns, template }: Draft): string[] {
  const shown = columns.flatMap((column) => variableOf(column) ?? []);
  return [...shown, ...variablesOf(template?.prompt ?? "").map(({ name }) => name)];
}
