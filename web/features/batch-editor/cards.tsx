import { ArrowDown, ArrowUp, Plus, Trash2 } from "lucide-react";
import { Button } from "@/parts/button";
import { Dialog } from "@/parts/dialog";
import { Area, Field } from "@/parts/field";
import type { SheetRow } from "@/parts/sheet-grid";
import { editorWords as words } from "@/words/batches";
import { type Draft, textOf, withCells, withoutRow, withRowAt, withRowMoved } from "./draft";
import { CREDITS, titleOf } from "./sheet";
import { newKey } from "./use-draft";

interface Props {
  readonly draft: Draft;
  readonly rows: readonly SheetRow[];
  readonly change: (how: (draft: Draft) => Draft) => void;
  readonly options: (row: number, column: string) => readonly string[];
  /** The row whose form is open. */
  readonly open: number | undefined;
  readonly onOpen: (row: number | undefined) => void;
}

/** The rows on a phone: a card each, and a form for the one that is changed. */
export default function Cards({ draft, rows, change, options, open, onOpen }: Props) {
  return (
    <>
      <ol className="flex flex-col gap-2">
        {rows.map((row, at) => (
          <li key={row.key} className={row.isOff ? "opacity-50" : undefined}>
            <Card row={row} at={at} draft={draft} onOpen={() => onOpen(at)} />
          </li>
        ))}
      </ol>
      <Button
        icon={<Plus size={16} aria-hidden />}
        onClick={() => {
          change((before) => withRowAt(before, before.rows.length, { key: newKey(), cells: {} }));
          onOpen(draft.rows.length);
        }}
      >
        {words.addRow}
      </Button>
      {open !== undefined && rows[open] && (
        <RowForm {...{ draft, change, options }} row={rows[open]} at={open} onOpen={onOpen} />
      )}
    </>
  );
}

interface CardProps {
  readonly row: SheetRow;
  readonly at: number;
  readonly draft: Draft;
  readonly onOpen: () => void;
}

function Card({ row, at, draft, onOpen }: CardProps) {
  const price = row.texts[CREDITS];
  const said = draft.columns
    .filter((column) => column !== "prompt" && textOf(draft.rows[at], column))
    .map((column) => `${titleOf(column)} ${textOf(draft.rows[at], column)}`);
  const faults = Object.entries(row.faults);
  return (
    <button
      type="button"
      onClick={onOpen}
      className="flex w-full flex-col gap-1 rounded-panel border border-line bg-surface p-3 text-start"
    >
      <span className="flex w-full gap-2 text-body">
        <span className="text-text3 tabular-nums">{at + 1}</span>
        <span className="line-clamp-2 grow">
          {row.texts.prompt || row.hints.prompt || <span className="text-text3">{words.blank}</span>}
        </span>
        {price && <span className="shrink-0 text-text2 tabular-nums">{words.price(Number(price))}</span>}
      </span>
      {said.length > 0 && <span className="text-meta text-text2">{said.join(" · ")}</span>}
      {faults.map(([column, message]) => (
        <span key={column} className="text-meta text-bad">
          {titleOf(column)}: {message}
        </span>
      ))}
    </button>
  );
}

interface FormProps extends Pick<Props, "draft" | "change" | "options" | "onOpen"> {
  readonly row: SheetRow;
  readonly at: number;
}

function RowForm({ draft, row, at, change, options, onOpen }: FormProps) {
  const set = (column: string) => (event: { readonly target: { readonly value: string } }) => {
    const edits = [{ row: at, column, text: event.target.value }];
    change((before) => withCells(before, edits, newKey));
  };
  const move = (by: -1 | 1) => {
    change((before) => withRowMoved(before, at, by));
    onOpen(Math.max(0, Math.min(draft.rows.length - 1, at + by)));
  };
  return (
    <Dialog open onOpenChange={() => onOpen(undefined)} title={words.editRow(at + 1)} shape="sheet">
      <div className="flex flex-col gap-3">
        {draft.columns.map((column) => {
          const common = {
            label: titleOf(column),
            value: textOf(draft.rows[at], column),
            error: row.faults[column],
            placeholder: row.hints[column] || undefined,
            onChange: set(column),
          };
          const offered = options(at, column);
          return column === "prompt" || column === "negativePrompt" ? (
            <Area key={column} rows={3} {...common} />
          ) : (
            <div key={column}>
              <Field list={offered.length ? `row-${column}` : undefined} {...common} />
              {offered.length > 0 && (
                <datalist id={`row-${column}`}>
                  {offered.map((option) => (
                    <option key={option} value={option} />
                  ))}
                </datalist>
              )}
            </div>
          );
        })}
        <div className="flex flex-wrap gap-2">
          <Button icon={<ArrowUp size={16} aria-hidden />} onClick={() => move(-1)} aria-label={words.up} />
          <Button
            icon={<ArrowDown size={16} aria-hidden />}
            onClick={() => move(1)}
            aria-label={words.down}
          />
          <Button
            icon={<Trash2 size={16} aria-hidden />}
            onClick={() => {
              onOpen(undefined);
              change((before) => withoutRow(before, at, newKey));
            }}
          >
            {words.remove(1)}
          </Button>
          <span className="grow" />
          <Button look="primary" onClick={() => onOpen(undefined)}>
            {words.done}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
