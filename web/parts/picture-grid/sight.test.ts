import { expect, test } from "vitest";
import { seen } from "./use-sight";

test("scrolled a little, what is drawn around stays; after a jump it begins anew", () => {
  const before = { first: 10, last: 14, reach: 6 };
  expect(seen(before, 10, 14)).toBe(before);
  expect(seen(before, 12, 16)).toEqual({ first: 12, last: 16, reach: 6 });
  expect(seen(before, 20, 24)).toEqual({ first: 20, last: 24, reach: 6 });
  expect(seen(before, 21, 25)).toEqual({ first: 21, last: 25, reach: 0 });
  expect(seen(before, 0, 3)).toEqual({ first: 0, last: 3, reach: 0 });
  expect(seen({ ...before, reach: 0 }, 14, 18)).toEqual({ first: 14, last: 18, reach: 0 });
});
