import { expect, test } from "vitest";
import type { ListedMember } from "@/live/team";
import { isLastOwner, limitIn, limitsOf, sorted, usedToday } from "./members";

const member = (uid: string, role: ListedMember["role"]): ListedMember => ({
  id: uid,
  uid,
  role,
  limits: {},
  usage: {
    day: "2026-11-29",
    images: 3,
    videos: 1,
    trainings: 1,
    credits: 24,
    directions: 9,
    direction_refusals: 0,
    teams: 0,
    exports: 0,
  },
});

test("oneself comes first, then who may do most", () => {
  const all = [member("v", "viewer"), member("e", "editor"), member("o", "owner"), member("me", "viewer")];
  expect(sorted(all, "me").map(({ uid }) => uid)).toEqual(["me", "o", "e", "v"]);
});

test.each([
  ["", null],
  [" 50 ", 50],
  ["0", 0],
  ["-1", undefined],
  ["1.5", undefined],
  ["many", undefined],
])("%s is read as the limit %s", (text, limit) => {
  expect(limitIn(text)).toBe(limit);
});

test("a changed limit takes no other away", () => {
  expect({ ...limitsOf({ images: 5, trainings: 1 }), imagesADay: 6 }).toMatchObject({
    imagesADay: 6,
    trainingsADay: 1,
  });
});

test("what was used on another day is not of today", () => {
  const day = Date.parse("2026-11-29T23:59:59Z");
  expect(usedToday(member("a", "editor"), day)).toEqual({ pieces: 5, credits: 24 });
  expect(usedToday(member("a", "editor"), day + 1000)).toEqual({ pieces: 0, credits: 0 });
});

test("the last owner is the one whom no other owner is beside", () => {
  const all = [member("a", "owner"), member("b", "editor")];
  expect(isLastOwner(all, "a")).toBe(true);
  expect(isLastOwner(all, "b")).toBe(false);
  expect(isLastOwner([...all, member("c", "owner")], "a")).toBe(false);
});
