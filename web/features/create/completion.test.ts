import { expect, test } from "vitest";
import { completed, nameBefore, namesFor } from "./completion";

test("a name is begun after {{ only", () => {
  expect(nameBefore("A {{sea", 7)).toBe("sea");
  expect(nameBefore("A {{", 4)).toBe("");
  expect(nameBefore("A {{sea}} b", 11)).toBeUndefined();
  expect(nameBefore("A {{sea=x", 9)).toBeUndefined();
});

test("the draft's names come first, each once", () => {
  expect(namesFor("s", ["season"], ["{{sky}} {{season}}", "{{boat}}"])).toEqual(["season", "sky"]);
  expect(namesFor("season", ["season"], [])).toEqual([]);
});

test("what was taken closes its braces once", () => {
  expect(completed("A {{se light", 6, "season")).toEqual({ text: "A {{season}} light", caret: 12 });
  expect(completed("A {{se}} light", 6, "season")).toEqual({ text: "A {{season}} light", caret: 12 });
});
