import { expect, test } from "vitest";
import { changed, EMPTY, type Item, itemAt, packed, shelved, unpacked, without } from "./shelf";

function item(id: number, about: Partial<Item> = {}): Item {
  return {
    path: `generations/u/images/${id}`,
    ratio: 1.5,
    cover: `https://x/${id}`,
    createdAt: id * 1000,
    title: `Picture ${id}`,
    status: "completed",
    isVideo: false,
    isFavourite: false,
    count: 1,
    missing: 0,
    isReused: false,
    seconds: 0,
    tags: [],
    ...about,
  };
}

test("an item comes back as it was put", () => {
  const whole = item(1, {
    status: "failed",
    isVideo: true,
    isFavourite: true,
    isReused: true,
    count: 4,
    missing: 3,
    seconds: 60,
    tags: ["sea", "ink"],
  });
  expect(itemAt(shelved(EMPTY, [whole]), 0)).toEqual(whole);
  expect(unpacked(packed(whole))).toMatchObject({ status: "failed", count: 4, missing: 3, seconds: 60 });
  expect(itemAt(EMPTY, 0)).toBeUndefined();
});

test("items stand newest first, however they came, each once", () => {
  const shelf = shelved(shelved(EMPTY, [item(5), item(3)]), [
    item(4),
    item(6),
    item(3, { title: "New" }),
    item(4),
  ]);
  expect(shelf.createdAt).toEqual([6000, 5000, 4000, 3000]);
  expect(shelf.titles.at(-1)).toBe("New");
  expect(shelf.ratios).toHaveLength(4);
});

test("a page that follows is as if it had come with the one before", () => {
  const [one, other] = [
    [item(6), item(5, { tags: ["sea"] })],
    [item(4), item(3, { isVideo: true }), item(2)],
  ];
  expect(shelved(shelved(EMPTY, one), other)).toEqual(shelved(EMPTY, [...other, ...one]));
  // One of the same moment as the last may be that one, as it is now.
  const again = [item(5, { title: "New" }), item(4)];
  expect(shelved(shelved(EMPTY, one), again).titles).toEqual(["Picture 6", "New", "Picture 4"]);
});

test("items of the same moment keep their order", () => {
  const shelf = shelved(EMPTY, [item(1, { createdAt: 9 }), item(2, { createdAt: 9 })]);
  expect(shelf.titles).toEqual(["Picture 1", "Picture 2"]);
});

test("what goes goes from every array; what was not there changes nothing", () => {
  const shelf = shelved(EMPTY, [item(3), item(2), item(1)]);
  const rest = without(shelf, new Set([item(2).path]));
  expect([rest.titles, rest.flags.length, rest.covers.length]).toEqual([["Picture 3", "Picture 1"], 2, 2]);
  expect(without(shelf, new Set(["other"]))).toBe(shelf);
});

test("a change is of those that are named, and leaves the shelf before as it was", () => {
  const shelf = shelved(EMPTY, [item(2), item(1, { tags: ["sea"] })]);
  const next = changed(shelf, new Set([item(1).path]), { isFavourite: true, tags: [] });
  expect([itemAt(next, 0)?.isFavourite, itemAt(next, 1)?.isFavourite, itemAt(next, 1)?.tags]).toEqual([
    false,
    true,
    [],
  ]);
  expect(itemAt(shelf, 1)?.tags).toEqual(["sea"]);
});
