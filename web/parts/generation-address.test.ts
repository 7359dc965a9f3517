import { expect, test } from "vitest";
import { addressOf, jobIdOf, pathAt, viewAddress } from "./generation-address";

test("an address names the path it was made of", () => {
  const path = "generations/u1/videos/j1";
  expect(addressOf(path)).toBe("videos/u1/j1");
  expect(pathAt(addressOf(path))).toBe(path);
  expect(jobIdOf(path)).toBe("j1");
});

test.each([null, "", "images/u1", "packs/u1/j1", "images/u1/j1/x", "generations/u1/images/j1"])(
  "%s names none",
  (address) => {
    expect(pathAt(address)).toBeUndefined();
  },
);

test("the first picture needs no number", () => {
  expect(viewAddress("generations/u/images/j")).toBe("/view?at=images/u/j");
  expect(viewAddress("generations/u/images/j", 3)).toBe("/view?at=images/u/j&n=3");
});
