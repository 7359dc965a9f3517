import { useRef, useState } from "react";
import type { Command, Mode } from "./keys";
import type { SheetActions, SheetColumn, SheetRow } from "./model";
import { type Cell, cellsOf, moved, rangeOf, type Selection, selectionAt } from "./selection";
import { tableText } from "./table-text";

/** Where the cursor is, what is selected, and what keys and pointers do with it. */
export function useSheet(columns: readonly SheetColumn[], rows: readonly SheetRow[], actions: SheetActions) {
  const [wanted, setWanted] = useState<Selection>(selectionAt({ row: 0, column: 0 }));
  const [mode, setMode] = useState<Mode>("moving");
  // The input takes the focus with the cursor: only where somebody moved it, never by itself.
  const takesFocus = useRef(false);
  // After Escape the next Tab leaves the grid, as it leaves any other field.
  const leaves = useRef(false);
  const size = { rows: rows.length, columns: columns.length };
  const selection = within(wanted, size);
  const { head } = selection;

  const select = (next: Selection) => {
    takesFocus.current = true;
    leaves.current = false;
    setMode("moving");
    setWanted(next);
    actions.select?.(next);
  };
  const goTo = (cell: Cell) => select(selectionAt(cell));
  const commit = (text: string) => {
    const column = columns[head.column];
    if (!column || column.isFixed || text === (rows[head.row]?.texts[column.id] ?? "")) return;
    actions.edit([{ row: head.row, column: column.id, text }]);
  };
  const clear = () => {
    const cells = cellsOf(rangeOf(selection)).flat();
    const edits = cells.flatMap(({ row, column }) => {
      const at = columns[column];
      return at && !at.isFixed ? [{ row, column: at.id, text: "" }] : [];
    });
    actions.edit(edits);
  };

  /** Whether the key was taken. `pending` is what has been typed and is in no cell yet. */
  const run = (command: Command, pending: string | undefined): boolean => {
    const isTabOut =
      command.does === "move" && (command.move === "next" || command.move === "previous") && leaves.current;
    if (isTabOut) return false;
    if (pending !== undefined && command.does !== "revert" && command.does !== "break") commit(pending);
    switch (command.does) {
      case "move": {
        const to = moved(head, command.move, size);
        select(command.extends ? { anchor: selection.anchor, head: to } : selectionAt(to));
        break;
      }
      case "enter":
        if (!command.back && head.row === rows.length - 1) actions.addRow();
        goTo({ row: Math.max(0, head.row + (command.back ? -1 : 1)), column: head.column });
        break;
      case "edit":
        if (!columns[head.column]?.isFixed) setMode("editing");
        break;
      case "revert":
        setMode("moving");
        break;
      case "leave":
        leaves.current = true;
        break;
      case "clear":
        clear();
        break;
      case "all":
        select({ anchor: { row: 0, column: 0 }, head: { row: size.rows - 1, column: size.columns - 1 } });
        break;
      case "undo":
      case "redo":
        actions[command.does]();
        break;
      case "move-row":
        actions.moveRow(head.row, command.by);
        goTo({ row: Math.max(0, Math.min(size.rows - 1, head.row + command.by)), column: head.column });
        break;
      case "break":
        return false;
    }
    return true;
  };

  const copied = (): string =>
    tableText(
      cellsOf(rangeOf(selection)).map((cells) =>
        cells.map(({ row, column }) => rows[row]?.texts[columns[column]?.id ?? ""] ?? ""),
      ),
    );

  return { selection, mode, setMode, select, goTo, run, commit, clear, copied, takesFocus };
}

/** The selection within what is there: a row may have gone. While one is added, the cursor waits for it. */
function within(
  { anchor, head }: Selection,
  { rows, columns }: { rows: number; columns: number },
): Selection {
  const clamp = ({ row, column }: Cell): Cell => ({
    row: Math.max(0, Math.min(rows - 1, row)),
    column: Math.max(0, Math.min(columns - 1, column)),
  });
  return { anchor: clamp(anchor), head: clamp(head) };
}
