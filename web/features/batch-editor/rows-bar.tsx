import { Columns3, Plus, Redo2, Trash2, Undo2 } from "lucide-react";
import { Button } from "@/parts/button";
import { IconButton } from "@/parts/icon-button";
import { LazyMenu as Menu } from "@/parts/lazy-menu";
import type { Range } from "@/parts/sheet-grid";
import { editorWords as words } from "@/words/batches";
import { FIELDS } from "./columns";
import { type Draft, textOf, withColumns, withoutColumn, withoutRow, withRowAt } from "./draft";
import { titleOf } from "./sheet";
import { newKey } from "./use-draft";

interface Props {
  readonly draft: Draft;
  /** The rows that are selected. */
  readonly range: Pick<Range, "top" | "bottom">;
  readonly change: (how: (draft: Draft) => Draft) => void;
  readonly undo: () => void;
  readonly redo: () => void;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
}

/** What can be done with rows and columns; keys do some of it, too. */
export function RowsBar({ draft, range, change, undo, redo, canUndo, canRedo }: Props) {
  const marked = range.bottom - range.top + 1;
  const isUsed = (column: string) => draft.rows.some((row) => textOf(row, column).trim());
  const remove = () =>
    change((before) => {
      let after = before;
      for (let n = 0; n < marked; n += 1) after = withoutRow(after, range.top, newKey);
      return after;
    });
  return (
    <div className="flex flex-wrap items-center gap-1">
      <Button
        look="quiet"
        icon={<Plus size={16} aria-hidden />}
        onClick={() => change((before) => withRowAt(before, range.bottom + 1, { key: newKey(), cells: {} }))}
      >
        {words.insert}
      </Button>
      <Button look="quiet" icon={<Trash2 size={16} aria-hidden />} onClick={remove}>
        {words.remove(marked)}
      </Button>
      <Menu
        label={words.columns}
        trigger={
          <Button look="quiet" icon={<Columns3 size={16} aria-hidden />}>
            {words.columns}
          </Button>
        }
        items={FIELDS.filter((field) => field !== "prompt").map((field) => {
          const isShown = draft.columns.includes(field);
          return {
            label: titleOf(field),
            checked: isShown,
            unavailable: isShown && isUsed(field) ? words.columnIsUsed : undefined,
            onSelect: () =>
              change((before) => (isShown ? withoutColumn(before, field) : withColumns(before, [field]))),
          };
        })}
      />
      <span className="grow" />
      <IconButton label={words.undo} onClick={undo} disabled={!canUndo}>
        <Undo2 size={16} aria-hidden />
      </IconButton>
      <IconButton label={words.redo} onClick={redo} disabled={!canRedo}>
        <Redo2 size={16} aria-hidden />
      </IconButton>
    </div>
  );
}
