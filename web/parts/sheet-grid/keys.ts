/** What a key does in a sheet: as in a spreadsheet. Pure, so that the list of keys and the handler agree. */
import type { Move } from "./selection";

export interface KeyPress {
  readonly key: string;
  readonly shift: boolean;
  /** Ctrl, or ⌘ on a Mac. */
  readonly command: boolean;
  readonly alt: boolean;
  /** An input method is in the middle of a word: its keys are its own. */
  readonly isComposing: boolean;
}

/**
 * `moving`: arrows go from cell to cell. `typing`: began by typing over the cell; arrows still move, and so
 * end it. `editing`: began by F2 or a double click; arrows go through the text.
 */
export type Mode = "moving" | "typing" | "editing";

export type Command =
  | { readonly does: "move"; readonly move: Move; readonly extends: boolean }
  | { readonly does: "enter"; readonly back: boolean }
  | { readonly does: "edit" | "break" | "revert" | "leave" | "clear" | "all" | "undo" | "redo" }
  | { readonly does: "move-row"; readonly by: -1 | 1 };

const ARROWS: Readonly<Record<string, Move>> = {
  ArrowUp: "up",
  ArrowDown: "down",
  ArrowLeft: "left",
  ArrowRight: "right",
};
const FAR: Readonly<Record<string, Move>> = { PageUp: "page-up", PageDown: "page-down" };

/** Undefined: the key is the browser's, or the text's. */
export function commandOf(press: KeyPress, mode: Mode): Command | undefined {
  const { key, shift, command, alt } = press;
  if (press.isComposing) return undefined;
  if (alt) return altCommand(key, mode);
  if (key === "Enter" && !command) return { does: "enter", back: shift };
  if (key === "Tab") return { does: "move", move: shift ? "previous" : "next", extends: false };
  if (mode === "editing") return key === "Escape" ? { does: "revert" } : undefined;
  const move = moveOf(key, command, mode);
  if (move) return { does: "move", move, extends: shift && mode === "moving" };
  if (mode === "typing") return key === "Escape" ? { does: "revert" } : undefined;
  if (command) return commandKey(key.toLowerCase(), shift);
  if (key === "F2") return { does: "edit" };
  if (key === "Escape") return { does: "leave" };
  if (key === "Delete" || key === "Backspace") return { does: "clear" };
  return undefined;
}

function altCommand(key: string, mode: Mode): Command | undefined {
  if (key === "Enter" && mode !== "moving") return { does: "break" };
  if (key === "ArrowUp") return { does: "move-row", by: -1 };
  if (key === "ArrowDown") return { does: "move-row", by: 1 };
  return undefined;
}

function moveOf(key: string, command: boolean, mode: Mode): Move | undefined {
  if (command && mode === "moving") {
    if (key === "Home") return "start";
    if (key === "End") return "end";
  }
  if (command) return undefined;
  if (mode === "moving" && key === "Home") return "row-start";
  if (mode === "moving" && key === "End") return "row-end";
  return ARROWS[key] ?? FAR[key];
}

function commandKey(key: string, shift: boolean): Command | undefined {
  if (key === "a") return { does: "all" };
  if (key === "z") return { does: shift ? "redo" : "undo" };
  if (key === "y") return { does: "redo" };
  return undefined;
}
