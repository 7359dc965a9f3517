import { expect, test } from "vitest";
import { addressOf, jobIdOf, pathAt, viewAddress, viewAt, viewOfFile } from "./generation-address";

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

test("what a page shows is known by its whole address, on this site alone", () => {
  const path = "generations/u/images/j";
  const at = (address: string) => viewAt(address, "https://here.test");
  expect(at(`https://here.test${viewAddress(path, 3)}`)).toEqual({ path, n: 3 });
  expect(at(`https://here.test${viewAddress(path)}`)).toEqual({ path, n: 1 });
  expect(at(`https://there.test${viewAddress(path)}`)).toBeUndefined();
  expect(at("https://here.test/library?at=images/u/j")).toBeUndefined();
  expect(at("")).toBeUndefined();
});

test("a file tells what it was made by, and which of the pictures it is", () => {
  expect(viewOfFile("generating/u1/image/j1_2.png")).toEqual({ path: "generations/u1/images/j1", n: 3 });
  expect(viewOfFile("generating/u1/video/j1.mp4")).toEqual({ path: "generations/u1/videos/j1", n: 1 });
  expect(viewOfFile("references/u1/a.png")).toBeUndefined();
});
