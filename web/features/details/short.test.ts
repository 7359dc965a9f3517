import { expect, test } from "vitest";
import { shortOf } from "./short";

test("a short prompt stays, in one line", () => {
  expect(shortOf("a house\n  by the sea ")).toBe("a house by the sea");
});

test("a long one ends with a whole word, where there is one", () => {
  expect(shortOf(`${"word ".repeat(20)}`)).toMatch(/^(word )+word…$/);
  expect(shortOf("x".repeat(100))).toHaveLength(61);
});
