import { expect, test } from "vitest";
import { drawn, lineAtTop, lineOf, linesOf, placesOf, rowsOf, shown, topsOf, within } from "./rows";

const RATIOS = [1, 2 / 3, 3 / 2, 3 / 4, 4 / 3, 4 / 5, 5 / 4, 9 / 16, 16 / 9, 21 / 9];

/** The same mixture each time. */
function mixed(count: number): number[] {
  let state = 7;
  return Array.from({ length: count }, () => {
    state = (state * 16807) % 2147483647;
    return RATIOS[state % RATIOS.length] as number;
  });
}

const box = { width: 1040, height: 200, gap: 4 };

test("every item is in one row, in its order", () => {
  const rows = rowsOf(mixed(1000), 0, 1000, box);
  expect(rows[0]?.from).toBe(0);
  expect(rows.at(-1)?.to).toBe(1000);
  for (const [at, row] of rows.entries()) if (at) expect(row.from).toBe(rows[at - 1]?.to);
});

test("every row but the last fills the width exactly", () => {
  const ratios = mixed(1000);
  for (const row of rowsOf(ratios, 0, 1000, box).slice(0, -1)) {
    const last = placesOf(row, ratios, box.gap).at(-1);
    expect((last?.left ?? 0) + (last?.width ?? 0)).toBeCloseTo(box.width, 6);
  }
});

test.each([
  [390, 160, 2, 0.5, 1.8],
  [1040, 200, 4, 0.7, 1.4],
  [2300, 280, 4, 0.7, 1.4],
])("rows at %i px come near to the wanted height", (width, height, gap, least, most) => {
  const ratios = mixed(10_000);
  const rows = rowsOf(ratios, 0, ratios.length, { width, height, gap }).slice(0, -1);
  const factors = rows.map((row) => row.height / height);
  expect(Math.min(...factors)).toBeGreaterThan(least);
  expect(Math.max(...factors)).toBeLessThan(most);
});

test("a short last row is not stretched, one that is too long is fitted", () => {
  expect(rowsOf([1], 0, 1, box)).toEqual([{ from: 0, to: 1, height: 200 }]);
  expect(rowsOf([2, 2.4, 0.6], 0, 3, { width: 960, height: 200, gap: 0 })).toEqual([
    { from: 0, to: 3, height: 192 },
  ]);
});

test("extreme and unknown ratios are bounded", () => {
  expect([8, 0.1, Number.NaN, 0, undefined].map(shown)).toEqual([2.4, 0.4, 1, 1, 1]);
});

test("headings begin rows, and stand before their items", () => {
  const lines = linesOf(
    [1, 1, 1],
    [
      { before: 0, text: "May" },
      { before: 2, text: "April" },
    ],
    box,
  );
  expect(lines.map(({ heading, from, to }) => heading ?? `${from}-${to}`)).toEqual([
    "May",
    "0-2",
    "April",
    "2-3",
  ]);
  expect(linesOf([1], [], { ...box, width: 0 })).toEqual([]);
});

test("an item's line is found beside headings", () => {
  const ratios = mixed(500);
  const lines = linesOf(
    ratios,
    [
      { before: 0, text: "May" },
      { before: 77, text: "April" },
    ],
    box,
  );
  for (let index = 0; index < 500; index += 1) {
    const line = lines[lineOf(lines, index)];
    expect(line && line.from <= index && index < line.to && !line.heading).toBe(true);
  }
  expect(lineOf(lines, 500)).toBe(-1);
});

test("what is drawn holds to the number of tiles, and keeps the focused line", () => {
  const lines = Array.from({ length: 40 }, (_, at) => ({ from: at * 10, to: at * 10 + 10, height: 100 }));
  const near = drawn(lines, { first: 10, last: 15 }, { around: 9, tilesMax: 100, also: 2 });
  expect(near).toEqual([2, 9, 10, 11, 12, 13, 14, 15, 16, 17]);
  expect(drawn(lines, { first: 0, last: 3 }, { around: 2, tilesMax: 100, also: -1 })).toEqual([
    0, 1, 2, 3, 4, 5,
  ]);
  expect(drawn(lines, { first: 38, last: 99 }, { around: 1, tilesMax: 100, also: 39 })).toEqual([37, 38, 39]);
});

test("each line has its place, and each place its line", () => {
  const lines = [30, 100, 200].map((height, at) => ({ from: at, to: at + 1, height }));
  const tops = topsOf(lines, 4);
  expect(tops).toEqual([0, 34, 138, 338]);
  expect([-50, 0, 33, 34, 137, 138, 337, 9999].map((y) => lineAtTop(tops, y))).toEqual([
    0, 0, 0, 1, 1, 2, 2, 2,
  ]);
  expect(topsOf([], 4)).toEqual([0]);
  expect(lineAtTop([0], 100)).toBe(0);
  expect([within({ from: 3, to: 5, height: 1 }, 4), within({ from: 3, to: 5, height: 1 }, 5)]).toEqual([
    4, -1,
  ]);
});
