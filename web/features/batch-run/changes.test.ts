import { expect, test } from "vitest";
import { changed, changesOf, fieldsOf, formOf } from "./changes";

const REQUEST = { prompt: "a {{b}}", count: 2, seed: 0, variables: { b: "c" } };

test("a form has what the kind takes, and what the request says", () => {
  expect(formOf(REQUEST, "image")).toEqual({
    prompt: "a {{b}}",
    aspectRatio: "",
    count: "2",
    seed: "0",
    negativePrompt: "",
    model: "",
    styleId: "",
    "variables.b": "c",
  });
  expect(fieldsOf("video")).not.toContain("count");
});

test("only what differs is sent; an emptied field is taken away", () => {
  const form = { ...formOf(REQUEST, "image"), prompt: "new", count: "", seed: "7" };
  expect(changesOf(REQUEST, "image", form)).toEqual({ prompt: "new", count: null, seed: 7 });
  expect(changesOf(REQUEST, "image", formOf(REQUEST, "image"))).toEqual({});
});

test("variables go together, and a ratio replaces a size in pixels", () => {
  const form = { ...formOf(REQUEST, "image"), "variables.b": "d", aspectRatio: "3:2" };
  const changes = changesOf({ ...REQUEST, width: 64, height: 64 }, "image", form);
  expect(changes).toEqual({ variables: { b: "d" }, aspectRatio: "3:2", width: null, height: null });
  expect(changed({ prompt: "a", width: 64 }, { width: null, seed: 1 })).toEqual({ prompt: "a", seed: 1 });
});

test("a number that is none is the backend's to refuse", () => {
  expect(changesOf(REQUEST, "image", { ...formOf(REQUEST, "image"), count: "many" })).toEqual({
    count: "many",
  });
});
