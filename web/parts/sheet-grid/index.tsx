"use client";
import { type Ref, useImperativeHandle, useMemo, useRef } from "react";
import { CellInput } from "./cell-input";
import type { SheetActions, SheetColumn, SheetHandle, SheetRow, SheetWords } from "./model";
import { Row, type RowPointers } from "./row";
import { type Range, rangeOf, type Selection } from "./selection";
import { useSheet } from "./use-sheet";

export type { SheetActions, SheetColumn, SheetEdit, SheetHandle, SheetRow, SheetWords } from "./model";
export type { Range, Selection } from "./selection";

interface Props {
  readonly columns: readonly SheetColumn[];
  readonly rows: readonly SheetRow[];
  readonly words: SheetWords;
  readonly actions: SheetActions;
  /** What may be chosen in a cell; nothing: anything may be typed. */
  readonly optionsOf: (row: number, column: string) => readonly string[];
  readonly ref?: Ref<SheetHandle>;
}

const HEAD_WIDTH = 44;
const FREE_WIDTH = 260;

/** Rows and columns of texts, with the keys of a spreadsheet. What they mean is the caller's. */
export function SheetGrid({ columns, rows, words, actions, optionsOf, ref }: Props) {
  const sheet = useSheet(columns, rows, actions);
  const { selection, mode } = sheet;
  const { head } = selection;
  const range = rangeOf(selection);
  const column = columns[head.column];
  const row = rows[head.row];
  useImperativeHandle(ref, () => ({ goTo: sheet.goTo }));
  const pointers = usePointers(sheet.select, selection, columns.length);

  const input = column && row && (
    <CellInput
      key={`${row.key}/${column.id}`}
      text={row.texts[column.id] ?? ""}
      mode={mode}
      label={words.cell(column.title, head.row + 1)}
      fault={row.faults[column.id]}
      isFixed={column.isFixed ?? false}
      isNumber={column.isNumber ?? false}
      options={column.isFixed ? [] : optionsOf(head.row, column.id)}
      takesFocus={sheet.takesFocus}
      onMode={sheet.setMode}
      onCommand={sheet.run}
      onCommit={sheet.commit}
      onPaste={(text) => actions.paste(text, range)}
      onCopy={sheet.copied}
      onClear={sheet.clear}
    />
  );
  return (
    <div className="overflow-auto rounded-panel border border-line bg-sunken pb-16">
      <table
        // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: the ARIA guide's own way of a grid
        role="grid"
        aria-label={words.label}
        aria-rowcount={rows.length + 1}
        aria-colcount={columns.length + 1}
        aria-multiselectable
        className="w-full table-fixed border-separate border-spacing-0"
        style={{ minWidth: widthOf(columns) }}
      >
        <colgroup>
          <col style={{ width: HEAD_WIDTH }} />
          {columns.map(({ id, width }) => (
            <col key={id} style={{ width }} />
          ))}
        </colgroup>
        <Head columns={columns} range={range} />
        <tbody>
          {rows.map((each, at) => (
            <Row
              key={each.key}
              row={each}
              at={at}
              name={words.row(at + 1)}
              columns={columns}
              left={at >= range.top && at <= range.bottom ? range.left : -1}
              right={at >= range.top && at <= range.bottom ? range.right : -1}
              cursor={at === head.row ? head.column : undefined}
              input={at === head.row ? input : undefined}
              on={pointers}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The same functions all the time, so that rows need not be drawn anew. */
function usePointers(
  select: (selection: Selection) => void,
  selection: Selection,
  columnCount: number,
): RowPointers {
  const latest = useRef({ select, selection, columnCount });
  latest.current = { select, selection, columnCount };
  return useMemo(() => {
    const to = (row: number, column: number, extend: boolean, first = column) => {
      const { anchor } = latest.current.selection;
      const begin = extend ? anchor.row : row;
      const anchorColumn = extend && first === column ? anchor.column : first;
      latest.current.select({ anchor: { row: begin, column: anchorColumn }, head: { row, column } });
    };
    return {
      down: to,
      drag: (row, column) => to(row, column, true),
      head: (row, extend) => to(row, latest.current.columnCount - 1, extend, 0),
    };
  }, []);
}

function Head({ columns, range }: { readonly columns: readonly SheetColumn[]; readonly range: Range }) {
  const edge = "border-line border-e border-b px-2 py-1.5 font-normal text-meta";
  return (
    <thead className="sticky top-0 z-30">
      <tr aria-rowindex={1}>
        <th scope="col" className={`${edge} sticky start-0 z-10 bg-surface text-end text-text3`}>
          #
        </th>
        {columns.map(({ id, title, isNumber }, at) => (
          <th
            key={id}
            scope="col"
            aria-colindex={at + 2}
            className={`${edge} truncate ${isNumber ? "text-end" : "text-start"} ${
              at >= range.left && at <= range.right ? "bg-tint text-accent-text" : "bg-surface text-text2"
            }`}
          >
            {title}
          </th>
        ))}
      </tr>
    </thead>
  );
}

/** So wide that each column has its place; one without a width takes what is left, and this at least. */
function widthOf(columns: readonly SheetColumn[]): number {
  return columns.reduce((sum, { width }) => sum + (width ?? FREE_WIDTH), HEAD_WIDTH);
}
