import { expect, test } from "vitest";
import { pixelsOf } from "./cropping";

test("a part is whole pixels within the picture, and never nothing", () => {
  const part = { x: 10, y: 25, width: 50, height: 50 };
  expect(pixelsOf(part, 200, 100)).toEqual({ x: 20, y: 25, width: 100, height: 50 });
  expect(pixelsOf({ x: 99, y: 99, width: 50, height: 50 }, 10, 10)).toEqual({
    x: 9,
    y: 9,
    width: 1,
    height: 1,
  });
  expect(pixelsOf({ x: 0, y: 0, width: 0, height: 0 }, 3, 3)).toMatchObject({ width: 1, height: 1 });
});
