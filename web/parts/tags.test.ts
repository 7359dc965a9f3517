import { expect, test } from "vitest";
import { commonTags, tagsIn } from "./tags";

test("tags are separated by commas, in lower case, each once", () => {
  expect(tagsIn(" Sea, ink drawing,, SEA ")).toEqual(["sea", "ink drawing"]);
  expect(tagsIn(" , ")).toEqual([]);
});

test("as many and as long as the backend takes", () => {
  expect(tagsIn(Array.from({ length: 30 }, (_, n) => `t${n}`).join(","))).toHaveLength(20);
  expect(tagsIn("a".repeat(60))[0]).toHaveLength(40);
});

test("common tags are those of all", () => {
  expect(
    commonTags([
      ["a", "b", "c"],
      ["c", "a"],
    ]),
  ).toEqual(["a", "c"]);
  expect(commonTags([])).toEqual([]);
});
