import { expect, test } from "vitest";
import { type Draft, emptyDraft, withCells } from "./draft";
import { applied, isDoable } from "./suggesting";

let keys = 0;
const newKey = () => `row-${++keys}`;
const prompts = ({ rows }: Draft) => rows.map(({ cells }) => cells.prompt ?? "");

function draft(): Draft {
  const edits = ["a", "b", "a"].map((text, row) => ({ row, column: "prompt", text }));
  return withCells(emptyDraft(newKey), edits, newKey);
}

const saving = { message: "", savesCredits: 2 };

test("a change goes into its rows, and gets its column", () => {
  const before = draft();
  const asked = [before.rows[1]?.key ?? "", before.rows[2]?.key ?? ""];
  const after = applied(before, { ...saving, change: { model: "lite" }, rows: [1] }, asked, newKey);
  expect(after.columns).toContain("model");
  expect(after.rows.map(({ cells }) => cells.model)).toEqual([undefined, undefined, "lite"]);
});

test("rows that are asked for twice go", () => {
  const before = draft();
  const asked = before.rows.map(({ key }) => key);
  expect(prompts(applied(before, { ...saving, change: null, rows: [0, 2] }, asked, newKey))).toEqual(["b"]);
});

test("what the editor has no column for is not offered", () => {
  expect(isDoable({ ...saving, change: { reuse: true }, rows: [0] })).toBe(false);
  expect(isDoable({ ...saving, change: { count: 1 }, rows: [0] })).toBe(true);
});
