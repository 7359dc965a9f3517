"use client";
import { lazy, Suspense, useMemo, useRef, useState } from "react";
import { useOnline } from "@/live/online";
import { Button } from "@/parts/button";
import { FailureCard } from "@/parts/failure-card";
import { announce } from "@/parts/live-region";
import { useIsPhone } from "@/parts/media";
import { Notice } from "@/parts/notice";
import { type Selection, SheetGrid, type SheetHandle } from "@/parts/sheet-grid";
import { editorWords as words } from "@/words/batches";
import { refusal } from "@/words/en";
import { DEFAULTS_ROW, type Fault } from "./checks";
import { Defaults } from "./defaults";
import { type Draft, withCells, withRowAt, withRowMoved } from "./draft";
import { Foot } from "./foot";
import { Head } from "./head";
import { nextFault } from "./requests";
import { RowsBar } from "./rows-bar";
import { hintsOf, offFrom, optionsOf, sheetColumns, sheetRows } from "./sheet";
import { applied, isDoable } from "./suggesting";
import { newKey, type useDraft } from "./use-draft";
import { useEditor } from "./use-editor";
import { useHanded } from "./use-handed";
import { useImport } from "./use-import";
import { type Answer, useStart } from "./use-start";

// On phones only, and with the first column that nobody knows.
const Cards = lazy(() => import("./cards"));
const MappingDialog = lazy(() => import("./mapping-dialog"));

type Drafting = ReturnType<typeof useDraft>;

interface Props {
  readonly draft: Draft;
  readonly drafting: Drafting;
}

const NO_FAULTS: readonly Fault[] = [];
const START: Selection = { anchor: { row: 0, column: 0 }, head: { row: 0, column: 0 } };

export function Editor({ draft, drafting }: Props) {
  const { change, undo, redo } = drafting;
  const isOnline = useOnline();
  const isNarrow = useIsPhone();
  const grid = useRef<SheetHandle>(null);
  const name = useRef<HTMLInputElement>(null);
  const [answer, setAnswer] = useState<Answer>();
  const [selection, setSelection] = useState(START);
  const [openRow, setOpenRow] = useState<number>();
  const refused = answer?.of === draft ? answer : undefined;
  const editor = useEditor(draft, refused?.faults ?? NO_FAULTS);
  const { catalog, tier, faults, rest, prices } = editor;
  const imports = useImport(draft, change);
  useHanded(draft, change, imports.appendText);

  const goTo = (fault: Fault | undefined) => {
    if (!fault || fault.row === DEFAULTS_ROW) return;
    if (isNarrow) setOpenRow(fault.row);
    else grid.current?.goTo({ row: fault.row, column: Math.max(0, draft.columns.indexOf(fault.column)) });
  };
  const { sending, errors, isTried, start } = useStart({ draft, drafting, editor, goTo, name, setAnswer });
  const saving = faults.length ? undefined : editor.estimate.suggestions.find(isDoable);
  const head = { row: selection.head.row, column: draft.columns[selection.head.column] ?? "" };
  // Stays the same while only the cursor moves: its rows are then not drawn anew.
  const rows = useMemo(
    () => sheetRows(draft, faults, prices, offFrom(draft, rest), hintsOf(draft, catalog, tier)),
    [draft, faults, prices, rest, catalog, tier],
  );
  const columns = useMemo(() => sheetColumns(draft.columns), [draft.columns]);
  const options = (row: number, column: string) => optionsOf(draft, catalog, tier, row, column);

  return (
    <form
      aria-label={words.title}
      className="flex flex-col gap-3 px-4 pt-4"
      onSubmit={(event) => event.preventDefault()}
      onKeyDown={(event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) start();
      }}
    >
      <Head {...{ draft, drafting, imports }} nameRef={name} nameError={isTried ? errors.name : undefined} />
      {editor.catalogError && !catalog && <FailureCard failure={editor.catalogError} />}
      <Defaults {...{ draft, editor, change }} />
      {editor.isViewer && <Notice>{words.viewer}</Notice>}
      {isNarrow ? (
        <Suspense>
          <Cards {...{ draft, rows, change, options }} open={openRow} onOpen={setOpenRow} />
        </Suspense>
      ) : (
        <>
          <SheetGrid
            ref={grid}
            columns={columns}
            rows={rows}
            words={{ label: words.grid, row: words.row, cell: words.cell }}
            optionsOf={options}
            actions={{
              edit: (edits) => change((before) => withCells(before, edits, newKey)),
              paste: imports.paste,
              addRow: () =>
                change((before) => withRowAt(before, before.rows.length, { key: newKey(), cells: {} })),
              moveRow: (row, by) => {
                change((before) => withRowMoved(before, row, by));
                announce(words.moved(row + by + 1));
              },
              undo,
              redo,
              select: setSelection,
            }}
          />
          <RowsBar
            {...{ draft, change, undo, redo }}
            canUndo={drafting.canUndo}
            canRedo={drafting.canRedo}
            range={rowsOf(selection, draft.rows.length)}
          />
        </>
      )}
      {rest > 0 && tier && <Notice>{words.overTier(tier.title, tier.batchRowsMax, rest)}</Notice>}
      {saving && (
        <Notice
          actions={
            <Button
              look="link"
              onClick={() => change((before) => applied(before, saving, editor.estimate.keys, newKey))}
            >
              {words.apply}
            </Button>
          }
        >
          {saving.message}
        </Notice>
      )}
      {refused && <Notice tone="bad">{refusal(refused.refused)}</Notice>}
      <Foot
        {...{ draft, editor, sending, isOnline, errors, change }}
        onNext={() => goTo(nextFault(faults, draft.columns, head))}
        onStart={start}
      />
      {imports.asking && (
        <Suspense>
          <MappingDialog
            table={imports.asking.table}
            onClose={() => imports.setAsking(undefined)}
            onTake={(meanings) =>
              imports.asking && imports.takeHeaded(imports.asking.table, meanings, imports.asking.from)
            }
          />
        </Suspense>
      )}
    </form>
  );
}

function rowsOf({ anchor, head }: Selection, count: number) {
  const last = count - 1;
  return {
    top: Math.min(last, anchor.row, head.row),
    bottom: Math.min(last, Math.max(anchor.row, head.row)),
  };
}
