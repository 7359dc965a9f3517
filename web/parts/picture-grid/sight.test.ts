import { expect, test } from "vitest";
import { more, seen } from "./use-sight";

const ALL = Number.POSITIVE_INFINITY;

test("scrolled a little, what is drawn around stays; after a jump it begins anew", () => {
  const before = { first: 10, last: 14, reach: 6, filled: ALL };
  expect(seen(before, 10, 14)).toBe(before);
  expect(seen(before, 12, 16)).toEqual({ first: 12, last: 16, reach: 6, filled: ALL });
  expect(seen(before, 20, 24)).toEqual({ first: 20, last: 24, reach: 6, filled: ALL });
  expect(seen(before, 21, 25)).toEqual({ first: 21, last: 25, reach: 0, filled: 2 });
  expect(seen(before, 0, 3)).toEqual({ first: 0, last: 3, reach: 0, filled: 2 });
  expect(seen({ ...before, reach: 0 }, 14, 18)).toEqual({ first: 14, last: 18, reach: 0, filled: ALL });
});

test("frame by frame the lines in sight get their tiles, and then those around are drawn", () => {
  let sight = seen({ first: 0, last: 4, reach: 6, filled: ALL }, 40, 44);
  const frames: (readonly [filled: number, reach: number])[] = [];
  for (let frame = 0; frame < 5; frame += 1) {
    frames.push([sight.filled, sight.reach]);
    sight = more(sight);
  }
  expect(frames).toEqual([
    [2, 0],
    [4, 0],
    [6, 0],
    [ALL, 1],
    [ALL, 2],
  ]);
});
