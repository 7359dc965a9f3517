import { expect, test } from "vitest";
import { type Command, commandOf, type KeyPress, type Mode } from "./keys";

const press = (key: string, held: Partial<KeyPress> = {}): KeyPress => ({
  key,
  shift: false,
  command: false,
  alt: false,
  isComposing: false,
  ...held,
});

test.each<[string, KeyPress, Mode, Command | undefined]>([
  ["an arrow moves", press("ArrowDown"), "moving", { does: "move", move: "down", extends: false }],
  [
    "Shift extends",
    press("ArrowDown", { shift: true }),
    "moving",
    { does: "move", move: "down", extends: true },
  ],
  [
    "an arrow ends what was typed over",
    press("ArrowLeft"),
    "typing",
    { does: "move", move: "left", extends: false },
  ],
  ["an arrow goes through a text", press("ArrowLeft"), "editing", undefined],
  ["Home is the text's while typing", press("Home"), "typing", undefined],
  ["Ctrl+Home", press("Home", { command: true }), "moving", { does: "move", move: "start", extends: false }],
  ["Tab commits", press("Tab"), "editing", { does: "move", move: "next", extends: false }],
  ["Shift+Tab", press("Tab", { shift: true }), "moving", { does: "move", move: "previous", extends: false }],
  ["Enter", press("Enter"), "editing", { does: "enter", back: false }],
  ["Enter of an input method", press("Enter", { isComposing: true }), "typing", undefined],
  ["Ctrl+Enter is the form's", press("Enter", { command: true }), "moving", undefined],
  ["Alt+Enter breaks the line", press("Enter", { alt: true }), "editing", { does: "break" }],
  ["F2", press("F2"), "moving", { does: "edit" }],
  ["Escape takes back", press("Escape"), "typing", { does: "revert" }],
  ["Escape lets Tab leave", press("Escape"), "moving", { does: "leave" }],
  ["Delete", press("Delete"), "moving", { does: "clear" }],
  ["Delete in a text", press("Delete"), "editing", undefined],
  ["Ctrl+Z", press("z", { command: true }), "moving", { does: "undo" }],
  ["Ctrl+Shift+Z", press("Z", { command: true, shift: true }), "moving", { does: "redo" }],
  ["Ctrl+Z of a text", press("z", { command: true }), "editing", undefined],
  ["Ctrl+C is the browser's", press("c", { command: true }), "moving", undefined],
  ["Alt+up", press("ArrowUp", { alt: true }), "moving", { does: "move-row", by: -1 }],
  ["a letter is the text's", press("k"), "moving", undefined],
])("%s", (_, pressed, mode, command) => {
  expect(commandOf(pressed, mode)).toEqual(command);
});
