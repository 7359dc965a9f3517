import { expect, test } from "vitest";
import type { ListedTemplate } from "@/live/templates";
import { EMPTY, fieldsOf, formOf, lackOf, oddBlanks } from "./form";

test("what is saved is what is read", () => {
  const fields = {
    name: "Poster",
    prompt: "A {{thing}}",
    kind: "batch",
    visibility: "team",
    team_id: "north",
    reference_pack_id: "sea",
    defaults: { count: 2 },
  };
  const stored = { ...fields, id: "t", user_id: "u", version: 3 } as unknown as ListedTemplate;
  expect(fieldsOf(formOf(stored))).toEqual(fields);
});

test("a team is named only where the template is a team's", () => {
  expect(fieldsOf({ ...EMPTY, name: " A ", prompt: "x", teamId: "north" })).toEqual({
    name: "A",
    prompt: "x",
    kind: "prompt",
    visibility: "private",
  });
});

test("a name and a prompt are needed", () => {
  expect(lackOf(EMPTY)).toBeDefined();
  expect(lackOf({ ...EMPTY, name: "a" })).toBeDefined();
  expect(lackOf({ ...EMPTY, name: "a", prompt: "b" })).toBeUndefined();
});

test("blanks that are none are told", () => {
  expect(oddBlanks("{{a}} {{b=c}} {{1st}} {{two words}} {{}} {x}")).toEqual([
    "{{1st}}",
    "{{two words}}",
    "{{}}",
  ]);
});
