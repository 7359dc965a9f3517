import { expect, test } from "vitest";
import { segmentsOf } from "./segments";

const counts = (of: Partial<Record<string, number>>) => ({
  total: 0,
  queued: 0,
  processing: 0,
  completed: 0,
  failed: 0,
  cancelled: 0,
  ...of,
});
const sum = (parts: { percent: number }[]) => parts.reduce((all, { percent }) => all + percent, 0);

test("parts are as wide as they have rows, and what has none is not there", () => {
  expect(segmentsOf(counts({ completed: 60, queued: 30, failed: 10 }))).toEqual([
    { of: "completed", rows: 60, percent: 60 },
    { of: "failed", rows: 10, percent: 10 },
    { of: "queued", rows: 30, percent: 30 },
  ]);
});

test("one row of a hundred is seen, and the whole stays the whole", () => {
  const parts = segmentsOf(counts({ completed: 97, processing: 1, failed: 1, cancelled: 1 }));
  expect(parts.map(({ percent }) => percent).filter((percent) => percent < 2)).toEqual([]);
  expect(sum(parts)).toBeCloseTo(100);
});

test("no rows, no parts", () => {
  expect(segmentsOf(counts({}))).toEqual([]);
});
