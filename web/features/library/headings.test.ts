import { expect, test } from "vitest";
import { monthsOf } from "./headings";

const at = (month: number, day: number, hour = 12) => new Date(2026, month - 1, day, hour).getTime();

test("each month has one heading, before its newest", () => {
  const headings = monthsOf([at(11, 28), at(11, 1, 0), at(10, 31, 23), at(1, 1, 0)]);
  expect(headings).toEqual([
    { before: 0, text: "November 2026" },
    { before: 2, text: "October 2026" },
    { before: 3, text: "January 2026" },
  ]);
});

test("nothing has no heading, and the same month of another year has its own", () => {
  expect(monthsOf([])).toEqual([]);
  expect(monthsOf([at(11, 28), new Date(2025, 10, 28).getTime()]).map(({ text }) => text)).toEqual([
    "November 2026",
    "November 2025",
  ]);
});
