import { expect, test } from "vitest";
import { type Address, asked, countOf, isFiltered, NO_FILTERS, read, write } from "./filters";

const PLAIN: Address = { ...NO_FILTERS, size: undefined, open: undefined };
const readText = (query: string) => read(new URLSearchParams(query));

test("the plain library has no query, and no query is the plain library", () => {
  expect(write(PLAIN)).toBe("");
  expect(readText("")).toEqual(PLAIN);
});

test("every field comes back from the address it is written to", () => {
  const full: Address = {
    text: "lighthouse & fog",
    kind: "video",
    status: "failed",
    model: "flash",
    brand: "b1",
    batch: "b2",
    tag: "sea",
    favourite: true,
    from: "2026-11-01",
    to: "2026-11-28",
    team: "t1",
    size: "l",
    open: "generations/u1/images/j1",
  };
  expect(readText(write(full))).toEqual(full);
  expect(write(full)).toContain("open=images/u1/j1");
});

test("what is not understood is passed over", () => {
  const strange = readText(
    "kind=song&status=lost&size=xl&from=yesterday&to=2026-13-40&open=..%2Fx&fav=yes&zzz=1",
  );
  expect(strange).toEqual(PLAIN);
});

test("the search is no longer than the backend takes", () => {
  expect(readText(`q=${"a".repeat(500)}`).text).toHaveLength(200);
});

test("days are asked for whole, in the reader's time zone", () => {
  const { from, to } = asked({ ...NO_FILTERS, from: "2026-11-28", to: "2026-11-28" }, undefined);
  expect(Date.parse(to as string) - Date.parse(from as string)).toBe(86_400_000 - 1);
  expect(new Date(from as string).getDate()).toBe(28);
});

test("the address's team goes before who pays", () => {
  expect(asked(NO_FILTERS, "t1").teamId).toBe("t1");
  expect(asked({ ...NO_FILTERS, team: "t2" }, "t1").teamId).toBe("t2");
});

test("filters are counted without the search", () => {
  expect(countOf({ ...NO_FILTERS, text: "a" })).toBe(0);
  expect(isFiltered({ ...NO_FILTERS, text: "a" })).toBe(true);
  expect(countOf({ ...NO_FILTERS, status: "failed", favourite: true })).toBe(2);
  expect(isFiltered(NO_FILTERS)).toBe(false);
});
