import { expect, test } from "vitest";
import { cellsOf, isWithin, type Move, moved, rangeOf } from "./selection";

const SIZE = { rows: 3, columns: 4 };

test.each<[Move, [number, number], [number, number]]>([
  ["up", [0, 1], [0, 1]],
  ["down", [1, 1], [2, 1]],
  ["left", [1, 0], [1, 0]],
  ["right", [1, 3], [1, 3]],
  ["next", [0, 3], [1, 0]],
  ["next", [2, 3], [2, 3]],
  ["previous", [1, 0], [0, 3]],
  ["previous", [0, 0], [0, 0]],
  ["row-start", [1, 2], [1, 0]],
  ["row-end", [1, 2], [1, 3]],
  ["start", [2, 2], [0, 0]],
  ["end", [0, 0], [2, 3]],
  ["page-down", [0, 2], [2, 2]],
  ["page-up", [2, 2], [0, 2]],
])("%s", (move, [row, column], [toRow, toColumn]) => {
  expect(moved({ row, column }, move, SIZE)).toEqual({ row: toRow, column: toColumn });
});

test("a selection made upwards covers the same cells", () => {
  const range = rangeOf({ anchor: { row: 2, column: 3 }, head: { row: 1, column: 2 } });
  expect(range).toEqual({ top: 1, bottom: 2, left: 2, right: 3 });
  expect(cellsOf(range)).toEqual([
    [
      { row: 1, column: 2 },
      { row: 1, column: 3 },
    ],
    [
      { row: 2, column: 2 },
      { row: 2, column: 3 },
    ],
  ]);
  expect(isWithin(range, { row: 1, column: 3 })).toBe(true);
  expect(isWithin(range, { row: 0, column: 3 })).toBe(false);
});
