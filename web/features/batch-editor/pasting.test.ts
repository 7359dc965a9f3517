import { expect, test } from "vitest";
import { guessed, hasUnknown, headed, meaningOf } from "./headers";
import { columnsOf, editsAt, editsOf, tableOf } from "./pasting";

test.each<[string, string | null | undefined]>([
  ["Prompt", "prompt"],
  ["aspect_ratio", "aspectRatio"],
  ["Negative prompt", "negativePrompt"],
  ["{{season}}", "variables.season"],
  ["{{ mood = calm }}", "variables.mood"],
  ["City", "variables.city"],
  ["status", null],
  ["", null],
  ["Budget", undefined],
])("a header %s", (header, meaning) => {
  expect(meaningOf(header, ["city"])).toBe(meaning);
});

test("lines with commas are prompts, unless the first line names columns", () => {
  expect(tableOf("a house, red\na tree, tall", [])).toEqual([["a house, red"], ["a tree, tall"]]);
  expect(tableOf('prompt,count\n"a house, red",2', [])).toEqual([
    ["prompt", "count"],
    ["a house, red", "2"],
  ]);
  expect(tableOf("prompt;seed\na;7", [])[1]).toEqual(["a", "7"]);
});

test("a first row of prompts is no header", () => {
  expect(headed([["a seed in the ground", "2"]], [])).toBeUndefined();
  expect(headed([["Lighthouse", "1:1", "seed"]], [])).toBeUndefined();
  expect(headed([["prompt"], ["x"]], [])?.rows).toEqual([["x"]]);
});

test("a column that two headers name is the first one's; an unknown one is asked about", () => {
  const table = headed([["Prompt", "Text", "Budget", "Count"]], []);
  expect(table?.meanings).toEqual(["prompt", null, undefined, "count"]);
  expect(table && hasUnknown(table)).toBe(true);
  expect(guessed("Time of day")).toBe("variables.Time_of_day");
  expect(guessed("2nd")).toBeNull();
});

test("a table with a header goes by names, from the focused row", () => {
  const table = headed([["count", "prompt"], ["2", " a "], ["3"]], []);
  expect(table && editsOf(table, table.meanings, 5)).toEqual([
    { row: 5, column: "count", text: "2" },
    { row: 5, column: "prompt", text: "a" },
    { row: 6, column: "count", text: "3" },
    { row: 6, column: "prompt", text: "" },
  ]);
  expect(columnsOf(["count", null, undefined, "prompt"])).toEqual(["count", "prompt"]);
});

test("a table without one goes by places; what has no column is counted", () => {
  const at = { top: 2, bottom: 2, left: 1, right: 1 };
  expect(editsAt([["3:2", "2", "x"]], at, ["prompt", "aspectRatio", "count"])).toEqual({
    edits: [
      { row: 2, column: "aspectRatio", text: "3:2" },
      { row: 2, column: "count", text: "2" },
    ],
    left: 1,
  });
});
