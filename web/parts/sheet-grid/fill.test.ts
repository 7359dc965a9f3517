import { expect, test } from "vitest";
import { pasted } from "./fill";

const range = (top: number, left: number, bottom: number, right: number) => ({ top, left, bottom, right });

test("a table goes in from the focused cell, whatever its size", () => {
  expect(pasted([["a", "b"], ["c"]], range(1, 2, 1, 2))).toEqual([
    { row: 1, column: 2, text: "a" },
    { row: 1, column: 3, text: "b" },
    { row: 2, column: 2, text: "c" },
    { row: 2, column: 3, text: "" },
  ]);
});

test("one cell fills the selection", () => {
  const texts = pasted([["x"]], range(0, 1, 2, 1));
  expect(texts.map(({ row, text }) => [row, text])).toEqual([
    [0, "x"],
    [1, "x"],
    [2, "x"],
  ]);
});

test("two rows fill four by turns, and three rows only once", () => {
  const two = [["a"], ["b"]];
  expect(pasted(two, range(0, 0, 3, 0)).map(({ text }) => text)).toEqual(["a", "b", "a", "b"]);
  expect(pasted(two, range(0, 0, 2, 0))).toHaveLength(2);
});

test("nothing is nothing", () => {
  expect(pasted([], range(0, 0, 0, 0))).toEqual([]);
});
