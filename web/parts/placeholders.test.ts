import { expect, test } from "vitest";
import { isVariableName, variablesOf } from "./placeholders";

test("variables once each, with their defaults", () => {
  expect(variablesOf("{{a}} {{ b = two words }} {{a=x}} {{c}}{{c}}")).toEqual([
    { name: "a", fallback: "x" },
    { name: "b", fallback: "two words" },
    { name: "c" },
  ]);
});

test("other braces are words of the prompt", () => {
  expect(variablesOf("{a} {{1st}} {{a b}} {{}} {{a.b}} }} {{")).toEqual([]);
});

test("names of any script", () => {
  expect(variablesOf("{{größe}} {{季節}} {{_a}}").map(({ name }) => name)).toEqual(["größe", "季節"]);
  expect(isVariableName("a-b_c1")).toBe(true);
  expect(isVariableName("a b")).toBe(false);
});
