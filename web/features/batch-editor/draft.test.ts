import { expect, test } from "vitest";
import {
  emptyDraft,
  textOf,
  withCells,
  withColumns,
  withoutColumn,
  withoutRow,
  withRowMoved,
  withTemplate,
} from "./draft";

let keys = 0;
const newKey = () => `row-${++keys}`;
const empty = () => emptyDraft(newKey);
const prompts = (draft: { rows: readonly { cells: Record<string, string> }[] }) =>
  draft.rows.map(({ cells }) => cells.prompt ?? "");

test("texts beyond the last row add rows, a hundred in all", () => {
  const draft = withCells(
    empty(),
    [
      { row: 4, column: "prompt", text: "five" },
      { row: 100, column: "prompt", text: "one too many" },
    ],
    newKey,
  );
  expect(prompts(draft)).toEqual(["", "", "", "", "five"]);
});

test("what is not changed is the same object, so that its row is not drawn anew", () => {
  const draft = withCells(empty(), [{ row: 0, column: "prompt", text: "a" }], newKey);
  const same = withCells(draft, [{ row: 0, column: "prompt", text: "a" }], newKey);
  expect(same.rows[0]).toBe(draft.rows[0]);
});

test("rows move, and keep their keys", () => {
  const draft = withCells(empty(), [{ row: 0, column: "prompt", text: "a" }], newKey);
  const moved = withRowMoved(draft, 0, 1);
  expect(prompts(moved)).toEqual(["", "a", ""]);
  expect(moved.rows[1]?.key).toBe(draft.rows[0]?.key);
  expect(withRowMoved(moved, 2, 1)).toBe(moved);
});

test("a row is always left", () => {
  let draft = empty();
  for (let n = 0; n < 5; n += 1) draft = withoutRow(draft, 0, newKey);
  expect(draft.rows).toHaveLength(1);
});

test("columns come in the order of the fields, variables last, twelve in all", () => {
  const draft = withColumns(empty(), ["variables.b", "model", "durationSeconds"]);
  expect(draft.columns).toEqual([
    "prompt",
    "aspectRatio",
    "count",
    "durationSeconds",
    "seed",
    "model",
    "variables.b",
  ]);
  const many = Array.from({ length: 20 }, (_, n) => `variables.v${n}`);
  expect(withColumns(draft, many).columns).toHaveLength(12);
});

test("a column that goes takes its texts along", () => {
  const draft = withCells(empty(), [{ row: 0, column: "seed", text: "7" }], newKey);
  const without = withoutColumn(draft, "seed");
  expect(without.columns).not.toContain("seed");
  expect(textOf(without.rows[0], "seed")).toBe("");
});

test("another template's variables go, but for what was written in them", () => {
  const template = { id: "t", name: "T", version: 1, prompt: undefined, kind: undefined, defaults: {} };
  const first = withTemplate(empty(), template, ["season", "city"]);
  const written = withCells(first, [{ row: 0, column: "variables.city", text: "Oslo" }], newKey);
  expect(withTemplate(written, template, ["mood"]).columns.slice(4)).toEqual([
    "variables.city",
    "variables.mood",
  ]);
});

test("a variable that a prompt names gets a column", () => {
  const draft = withCells(empty(), [{ row: 0, column: "prompt", text: "a {{mood}} house" }], newKey);
  expect(draft.columns.at(-1)).toBe("variables.mood");
});
