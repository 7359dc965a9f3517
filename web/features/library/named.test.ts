import { expect, test } from "vitest";
import { CLEARED, NO_FILTERS } from "./filters";
import { named } from "./named";

const ALL = {
  ...NO_FILTERS,
  text: " fog ",
  kind: "video",
  status: "failed",
  model: "flash",
  brand: "b",
  batch: "c",
  tag: "sea",
  favourite: true,
  from: "2026-11-01",
  to: "2026-11-28",
} as const;

test("every filter that is on is named, and taken away by what it says", () => {
  const names = named(ALL);
  expect(names).toHaveLength(10);
  const rest: object = Object.assign({}, ALL, ...names.map(({ without }) => without));
  expect(rest).toEqual(NO_FILTERS);
});

test("the plain library has nothing to name, and clearing leads there", () => {
  expect(named(NO_FILTERS)).toEqual([]);
  expect({ ...ALL, ...CLEARED }).toEqual(NO_FILTERS);
});
