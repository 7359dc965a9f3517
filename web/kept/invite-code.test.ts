import { expect, test } from "vitest";
import { codeFor, keptIn } from "./invite-code";

const kept = { to: "team/north", code: "kept", at: 1000 };
const DAY_MS = 86_400_000;

test("the address goes before what is kept", () => {
  expect(codeFor("team/north", "#fresh", kept, 2000)).toBe("fresh");
  expect(codeFor("team/north", "", kept, 2000)).toBe("kept");
  expect(codeFor("team/north", "#", kept, 2000)).toBe("kept");
});

test("what is kept is for what it was made for, and for a week", () => {
  expect(codeFor("batch/north", "", kept, 2000)).toBeUndefined();
  expect(codeFor("team/north", "", kept, 1000 + 7 * DAY_MS)).toBeUndefined();
  expect(codeFor("team/north", "", undefined, 2000)).toBeUndefined();
});

test("what is kept is read back, and nothing else", () => {
  expect(keptIn(JSON.stringify(kept))).toEqual(kept);
  for (const text of [null, "", "null", "{", "[]", '{"to":"a","code":1,"at":2}'])
    expect(keptIn(text)).toBeUndefined();
});
