import { expect, test } from "vitest";
import { moved, neighbour } from "./moving";
import { linesOf } from "./rows";

// Three rows of four squares, the third under a heading.
const ratios = Array.from({ length: 12 }, () => 1);
const box = { width: 800, height: 200, gap: 0 };
const lines = linesOf(
  ratios,
  [
    { before: 0, text: "May" },
    { before: 8, text: "April" },
  ],
  box,
);
const ground = { lines, ratios, gap: 0, screen: 400 };
const go = (key: string, index: number, isWhole = false) => moved(key, isWhole, index, ground);

test("left and right follow the order of reading, over the ends of rows", () => {
  expect([go("ArrowRight", 3), go("ArrowLeft", 4), go("ArrowLeft", 0), go("ArrowRight", 11)]).toEqual([
    4, 3, 0, 11,
  ]);
});

test("up and down go to the nearest centre, over headings", () => {
  expect([go("ArrowDown", 1), go("ArrowDown", 6), go("ArrowUp", 10), go("ArrowUp", 2)]).toEqual([
    5, 10, 6, 2,
  ]);
});

test("down from a wide picture goes to the one below its middle", () => {
  const wide = [2.4, 1.6, 1, 1, 1, 1];
  const rows = linesOf(wide, [], box);
  expect(moved("ArrowDown", false, 0, { lines: rows, ratios: wide, gap: 0, screen: 400 })).toBe(3);
});

test("Home and End are the row's, with Ctrl the grid's", () => {
  expect([go("Home", 6), go("End", 5), go("Home", 6, true), go("End", 0, true)]).toEqual([4, 7, 0, 11]);
});

test("a page is a screen, and stops at the last row", () => {
  expect([go("PageDown", 1), go("PageUp", 9), go("PageDown", 9)]).toEqual([9, 1, 9]);
});

test("other keys, and items that are not there, do not move", () => {
  expect([go("a", 1), go("ArrowDown", 99)]).toEqual([undefined, undefined]);
});

test("after a deletion the next that stays is focused, else the one before", () => {
  const order = ["a", "b", "c", "d"];
  expect(neighbour(order, new Set(["b", "c"]), "b")).toBe("d");
  expect(neighbour(order, new Set(["c", "d"]), "d")).toBe("b");
  expect(neighbour(order, new Set(order), "b")).toBeUndefined();
  expect(neighbour(order, new Set(["a"]), "elsewhere")).toBe("b");
});
