import type { Cell, Range, Selection } from "./selection";

export interface SheetColumn {
  readonly id: string;
  readonly title: string;
  /** In px; without it the column takes what is left. */
  readonly width?: number;
  readonly isNumber?: boolean;
  /** It shows what it is told, and takes nothing. */
  readonly isFixed?: boolean;
}

export interface SheetRow {
  readonly key: string;
  /** The texts by the ids of the columns. */
  readonly texts: Readonly<Record<string, string>>;
  /** What is wrong, by the ids of the columns. */
  readonly faults: Readonly<Record<string, string>>;
  /** What an empty cell stands for. */
  readonly hints: Readonly<Record<string, string>>;
  /** It stays, but is not used: grey. */
  readonly isOff: boolean;
}

export interface SheetEdit {
  readonly row: number;
  readonly column: string;
  readonly text: string;
}

/** What the words around the grid are; the grid has none of its own. */
export interface SheetWords {
  readonly label: string;
  readonly row: (number: number) => string;
  readonly cell: (column: string, number: number) => string;
}

export interface SheetActions {
  readonly edit: (edits: readonly SheetEdit[]) => void;
  /** A text was pasted over these cells. */
  readonly paste: (text: string, over: Range) => void;
  readonly addRow: () => void;
  readonly moveRow: (row: number, by: -1 | 1) => void;
  readonly undo: () => void;
  readonly redo: () => void;
  readonly select?: (selection: Selection) => void;
}

/** What can be asked of a grid from outside. */
export interface SheetHandle {
  /** Puts the cursor, and the focus, into this cell. */
  readonly goTo: (cell: Cell) => void;
}
