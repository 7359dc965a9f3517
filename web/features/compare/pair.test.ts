import { expect, test } from "vitest";
import { beside, type Pair, read, write } from "./pair";

const readText = (query: string) => read(new URLSearchParams(query));

test("a pair comes back from its address", () => {
  const pair: Pair = {
    left: { path: "generations/u1/images/a", picture: 2 },
    right: { path: "generations/u2/videos/b", picture: undefined },
    id: undefined,
    mode: "flick",
  };
  expect(write(pair)).toBe("?l=images/u1/a&ln=3&r=videos/u2/b&mode=flick");
  expect(readText(write(pair))).toEqual(pair);
});

test("a stored one is named by its id alone", () => {
  const pair = readText("id=c1&l=images/u/a&r=images/u/b");
  expect(write(pair)).toBe("?id=c1");
});

test("what is not understood is passed over", () => {
  expect(readText("l=packs/x&r=&ln=9&id=a/b&mode=blink")).toEqual({
    left: undefined,
    right: undefined,
    id: undefined,
    mode: "slider",
  });
});

test("the next of the list is not the other side", () => {
  const list = ["a", "b", "c", "d"];
  expect([beside(list, "b", 1, undefined), beside(list, "b", 1, "c"), beside(list, "c", -1, "b")]).toEqual([
    "c",
    "d",
    "a",
  ]);
  expect([beside(list, "d", 1, "a"), beside(list, "c", 1, "d"), beside(list, "x", 1, "a")]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
