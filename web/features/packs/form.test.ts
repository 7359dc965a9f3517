import { expect, test } from "vitest";
import type { ListedPack, PackReference } from "@/live/packs";
import { EMPTY, fieldsOf, formOf, lackOf, withMoved, withPictures } from "./form";

const picture = (n: number): PackReference => ({ path: `references/u/${n}.png`, mode: "style_only" });

test("what is saved is what is read", () => {
  const fields = {
    name: "Sea",
    visibility: "team",
    team_id: "north",
    references: [{ ...picture(1), caption: "a wave" }, picture(2)],
  };
  const stored = {
    ...fields,
    id: "p",
    user_id: "u",
    version: 3,
    is_template: false,
  } as unknown as ListedPack;
  expect(fieldsOf(formOf(stored))).toEqual(fields);
});

test("each picture once, and six in all", () => {
  const five = [1, 2, 3, 4, 5].map(picture);
  const paths = [picture(5).path, picture(6).path, picture(7).path];
  expect(withPictures(five, paths).map(({ path }) => path)).toEqual(
    [1, 2, 3, 4, 5, 6].map((n) => picture(n).path),
  );
});

test("places change, and edges hold", () => {
  expect(withMoved(["a", "b", "c"], 0, 1)).toEqual(["b", "a", "c"]);
  expect(withMoved(["a", "b"], 0, -1)).toEqual(["a", "b"]);
});

test("a name and a picture are needed", () => {
  expect(lackOf(EMPTY)).toBeDefined();
  expect(lackOf({ ...EMPTY, name: "a" })).toBeDefined();
  expect(lackOf({ ...EMPTY, name: "a", references: [picture(1)] })).toBeUndefined();
});
