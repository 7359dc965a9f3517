import { expect, test } from "vitest";
import { NOTHING_SELECTED, type Selection, type SelectionAction, selected } from "./selection";

const order = Array.from({ length: 150 }, (_, index) => `p${index}`);
const after = (...actions: SelectionAction[]) => actions.reduce<Selection>(selected, NOTHING_SELECTED);
const toggle = (id: string): SelectionAction => ({ type: "toggle", id });
const extend = (to: string, from = "p0"): SelectionAction => ({ type: "extend", from, to, order });

test("a second toggle takes it back; the order of choosing is kept", () => {
  expect([...after(toggle("p3"), toggle("p1")).chosen]).toEqual(["p3", "p1"]);
  expect([...after(toggle("p3"), toggle("p1"), toggle("p3")).chosen]).toEqual(["p1"]);
});

test("an extension runs from the anchor, either way, and replaces the one before", () => {
  expect([...after(toggle("p5"), extend("p7")).chosen]).toEqual(["p5", "p6", "p7"]);
  expect([...after(toggle("p5"), extend("p7"), extend("p4")).chosen]).toEqual(["p5", "p4"]);
  expect([...after(toggle("p1"), toggle("p5"), extend("p6"), extend("p5")).chosen]).toEqual(["p1", "p5"]);
});

test("without an anchor an extension begins where the focus is", () => {
  expect([...after(extend("p3", "p2")).chosen]).toEqual(["p2", "p3"]);
});

test("at most a hundred, and it says that it was cut", () => {
  const all = after({ type: "all", order });
  expect([all.chosen.size, all.isCut]).toEqual([100, true]);
  const range = after(toggle("p10"), extend("p149"));
  expect([range.chosen.size, range.isCut, range.chosen.has("p109"), range.chosen.has("p110")]).toEqual([
    100,
    true,
    true,
    false,
  ]);
  expect(selected(all, toggle("p120")).chosen.has("p120")).toBe(false);
});

test("what goes from the list goes from the selection", () => {
  const two = after(toggle("p1"), toggle("p2"));
  expect([...selected(two, { type: "keep", order: ["p0", "p2"] }).chosen]).toEqual(["p2"]);
  expect(selected(two, { type: "keep", order })).toBe(two);
});

test("clear empties it, anchor and all", () => {
  expect(after(toggle("p1"), { type: "clear" })).toEqual(NOTHING_SELECTED);
  expect(selected(NOTHING_SELECTED, { type: "clear" })).toBe(NOTHING_SELECTED);
});
