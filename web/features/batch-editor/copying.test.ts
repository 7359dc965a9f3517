import { expect, test } from "vitest";
import type { ListedTemplate } from "@/live/templates";
import { draftOf } from "./copying";

let keys = 0;
const newKey = () => `row-${++keys}`;
const TEMPLATE = {
  id: "poster",
  name: "Poster",
  version: 3,
  prompt: "A {{thing}} in {{season=autumn}}",
  defaults: { kind: "image" },
} as unknown as ListedTemplate;

test("a batch that was sent is a draft again", () => {
  const requests = [
    { kind: "image", templateId: "poster", variables: { thing: "hat" }, count: 2, referencePackId: "sea" },
    { kind: "video", templateId: "poster", variables: { thing: "bus" }, seed: 7, referencePackId: "sea" },
  ];
  const draft = draftOf("Copy", requests, [TEMPLATE], newKey);
  expect(draft.rows.map(({ cells }) => cells)).toEqual([
    { count: "2", "variables.thing": "hat" },
    { kind: "video", seed: "7", "variables.thing": "bus" },
  ]);
  expect(draft.template).toMatchObject({ id: "poster", version: 3 });
  expect(draft.defaults).toEqual({ referencePackId: "sea" });
  expect(draft.columns).toContain("variables.season");
  expect(draft.columns).toContain("kind");
});

test("packs that differ are left out", () => {
  expect(draftOf("C", [{ referencePackId: "a" }, { referencePackId: "b" }], [], newKey).defaults).toEqual({});
});
