import { expect, test } from "vitest";
import type { Generation } from "@/live/generation";
import { settingsOf } from "./settings";

const titles = {
  model: (id: string) => id.toUpperCase(),
  style: (id: string) => id,
  pack: (id: string) => `Pack ${id}`,
  template: (id: string) => id,
};
const made = (about: Partial<Generation>) =>
  ({
    path: "generations/u/images/j",
    requestData: { prompt: "fog" },
    model: "flash",
    seed: 7,
    width: 64,
    height: 64,
    generationData: { seed: 7, durationSeconds: null },
    brandId: null,
    pack: null,
    template: null,
    count: 1,
    credits: { estimated: 2, charged: 2 },
    ...about,
  }) as unknown as Generation;

test("equal requests differ in nothing, and what neither has is not there", () => {
  const rows = settingsOf(made({}), made({}), titles);
  expect(rows.map(({ setting }) => setting)).toEqual([
    "prompt",
    "kind",
    "model",
    "seed",
    "size",
    "count",
    "credits",
  ]);
  expect(rows.some(({ differs }) => differs)).toBe(false);
});

test("what differs comes first, also what only one has", () => {
  const right = made({ seed: 8, generationData: { seed: 8 } as never, pack: { id: "p", version: 3 } });
  const rows = settingsOf(made({}), right, titles).filter(({ differs }) => differs);
  expect(rows).toEqual([
    { setting: "seed", left: "7", right: "8", differs: true },
    { setting: "pack", left: "", right: "Pack p, version 3", differs: true },
  ]);
});

test("another version of the same pack is a difference, and so is another mode of the same reference", () => {
  const of = (version: number, mode: string) =>
    made({
      pack: { id: "p", version },
      requestData: { prompt: "fog", references: [{ path: "references/u/a.png", mode }] },
    });
  const rows = settingsOf(of(1, "style_only"), of(2, "style_and_composition"), titles);
  expect(rows.filter(({ differs }) => differs).map(({ setting, left }) => [setting, left])).toEqual([
    ["pack", "Pack p, version 1"],
    ["references", "a.png (style)"],
  ]);
});
