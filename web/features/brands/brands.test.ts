import { expect, test } from "vitest";
import type { Catalog } from "@/live/catalog";
import { askedOf, EMPTY, formOf, isInTier, lackOf, offerOf, withPictures } from "./form";
import { statusOf, stepsOf } from "./steps";

const paths = ["a", "b", "c", "d", "e"].map((name) => `references/u/${name}.png`);
const references = paths.map((path) => ({ path, mode: "style_only" }));

test("a name and five pictures are needed", () => {
  expect(lackOf(EMPTY)).toBeDefined();
  expect(lackOf({ name: " ", paths })).toBeDefined();
  expect(lackOf({ name: "Acme", paths: paths.slice(1) })).toMatch(/^1 more/);
  expect(lackOf({ name: "Acme", paths })).toBeUndefined();
});

test("begun anew from a brand, the same is asked for", () => {
  expect(askedOf(formOf({ name: " Acme ", references }))).toEqual({ name: "Acme", references });
});

test("each picture once, and as many as the training takes", () => {
  expect(withPictures(paths.slice(0, 2), [...paths.slice(1, 2), ...paths.slice(3)], 3)).toEqual([
    paths[0],
    paths[1],
    paths[3],
  ]);
});

test("the price is that of the model which trains here", () => {
  const model = { kind: "training", available: true, referencesMax: 40 };
  const catalog = {
    defaults: { training: "b" },
    models: [
      { ...model, id: "a", priceCredits: 100 },
      { ...model, id: "b", priceCredits: 300 },
    ],
  } as unknown as Catalog;
  expect(offerOf(catalog)).toEqual({ model: "b", credits: 300, max: 40 });
  const none = { ...catalog, models: catalog.models.map((each) => ({ ...each, available: false })) };
  expect(offerOf(none as Catalog)).toBeUndefined();
});

test("a tier without the model, or with no trainings a day, has no training", () => {
  const tier = { models: ["b"], trainingsADay: 2 } as Parameters<typeof isInTier>[0];
  expect(isInTier(tier, "b")).toBe(true);
  expect(isInTier(tier, "a")).toBe(false);
  expect(isInTier({ ...tier, trainingsADay: 0 }, "b")).toBe(false);
  expect(isInTier({ ...tier, trainingsADay: null }, "b")).toBe(true);
});

test.each([
  ["queued", 0, ["done", "now", "next", "next"]],
  ["training", 0.4, ["done", "done", "now", "next"]],
  ["ready", 1, ["done", "done", "done", "done"]],
  ["failed", 0.4, ["done", "done", "done", "failed"]],
  ["failed", 0, ["done", "done", "failed"]],
] as const)("the steps of one that is %s at %s", (status, progress, states) => {
  expect(stepsOf({ status, progress, references }).map(({ state }) => state)).toEqual(states);
});

test("the list says how far a training is", () => {
  expect(statusOf({ status: "training", progress: 0.404 })).toBe("training 40 %");
  expect(statusOf({ status: "training", progress: 0 })).toBe("training");
});
