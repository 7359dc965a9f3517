import { expect, test } from "vitest";
import { againOf } from "@/live/again";
import type { Generation } from "@/live/generation";
import { priceOf, seedOf } from "./request";

const made = (about: Partial<Generation>) =>
  ({
    path: "generations/u/images/j",
    requestData: {
      prompt: "fog",
      model: "flash",
      seed: 7,
      requestId: "r",
      estimatedCredits: 2,
      reuse: true,
      brandId: null,
    },
    credits: { estimated: 2, charged: 2 },
    count: 1,
    reusedFrom: null,
    seed: 7,
    missing: null,
    generationData: { seed: 7 },
    ...about,
  }) as unknown as Generation;

test("variations are the same request without what was of that one alone", () => {
  expect(againOf(made({}), 4)).toEqual({ prompt: "fog", model: "flash", count: 4 });
});

test("a video has no count", () => {
  expect(againOf(made({ path: "generations/u/videos/j" }), 4)).toEqual({ prompt: "fog", model: "flash" });
});

test("the price is that of each, as it was held", () => {
  expect(priceOf(made({ count: 2, credits: { estimated: 6, charged: 3 } }), 4)).toBe(12);
  expect(priceOf(made({ reusedFrom: "other", credits: { estimated: 0, charged: 0 } }), 4)).toBeUndefined();
});

test("each picture's seed follows the one before, around the largest", () => {
  expect([seedOf(made({}), 0), seedOf(made({}), 3)]).toEqual([7, 10]);
  const largest = made({ generationData: { seed: 2_147_483_647 } as Generation["generationData"] });
  expect([seedOf(largest, 0), seedOf(largest, 1)]).toEqual([2_147_483_647, 0]);
});

test("where some were not made, only the first seed is known", () => {
  expect([seedOf(made({ missing: 1 }), 0), seedOf(made({ missing: 1 }), 1)]).toEqual([7, undefined]);
});
