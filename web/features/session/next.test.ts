import { expect, test } from "vitest";
import { nextOf } from "./landing";

test.each([
  ["/library?q=a", "/library?q=a"],
  ["//evil.example", "/"],
  ["/\\evil.example", "/"],
  ["https://evil.example", "/"],
  [null, "/"],
])("after signing in %s leads to %s", (asked, leads) => {
  expect(nextOf(asked)).toBe(leads);
});
