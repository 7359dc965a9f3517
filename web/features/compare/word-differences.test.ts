import { expect, test } from "vitest";
import { differences, type Piece } from "./word-differences";

const marked = (pieces: Piece[]) =>
  pieces.map(({ text, differs }) => (differs ? `[${text.trim()}]` : text.trim())).join(" ");
const both = (left: string, right: string) => {
  const found = differences(left, right);
  return [marked(found.left), marked(found.right)];
};

test("words that differ are marked on either side", () => {
  expect(both("a lighthouse at dusk, ink", "a lighthouse at dusk, oil")).toEqual([
    "a lighthouse at dusk, [ink]",
    "a lighthouse at dusk, [oil]",
  ]);
});

test("what one has more is marked there only", () => {
  expect(both("a red boat", "a boat")).toEqual(["a [red] boat", "a boat"]);
  expect(both("", "a boat")).toEqual(["", "[a boat]"]);
});

test("punctuation is a word of its own, so a comma does not mark its neighbour", () => {
  expect(both("fog, sea", "fog sea")).toEqual(["fog [,] sea", "fog sea"]);
});

test("equal texts have no difference, whatever the space between their words", () => {
  expect(both("one  two\nthree", "one two three")).toEqual(["one  two\nthree", "one two three"]);
});

test("joined, the pieces are the texts", () => {
  const [left, right] = ["  Ein Haus – très vieux!\n(1900)", "A house, 日本 🙂 1900 "];
  const found = differences(left, right);
  expect(found.left.map(({ text }) => text).join("")).toBe(left);
  expect(found.right.map(({ text }) => text).join("")).toBe(right);
});

test("texts of thousands of words are compared within bounds", () => {
  const long = Array.from({ length: 2500 }, (_, index) => `w${index}`).join(" ");
  const found = differences(`${long} end`, long);
  expect(found.left.map(({ text }) => text).join("")).toBe(`${long} end`);
  expect(found.left).toHaveLength(2);
});
