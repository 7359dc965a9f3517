import { expect, test } from "vitest";
import type { Generation } from "@/live/generation";
import { EMPTY } from "./draft";
import { usedAgain } from "./used-again";

const view = {
  path: "generations/u/images/j",
  requestData: {
    prompt: "fog",
    model: "flash",
    styleId: "ink",
    references: [{ path: "references/u/a.png", mode: "style_only" }],
  },
  generationData: {
    seed: 7,
    thumbnailUrls: [],
    storagePaths: ["generating/u/image/j_0.png", "generating/u/image/j_1.png"],
  },
  seed: 7,
} as unknown as Generation;
const before = { ...EMPTY, prompt: "owl", negativePrompt: "people", count: 4 };

test("the same settings have a new seed, exactly the same ones have its own", () => {
  expect(usedAgain(before, view, null, 1)).toMatchObject({
    prompt: "fog",
    styleId: "ink",
    count: 1,
    seed: "",
  });
  expect(usedAgain(before, view, "exact", 1)).toMatchObject({ prompt: "fog", seed: "7" });
});

test("a part comes into what stands in the bar", () => {
  expect(usedAgain(before, view, "prompt", 1)).toEqual({ ...before, prompt: "fog" });
  expect(usedAgain(before, view, "references", 1)).toMatchObject({
    prompt: "owl",
    references: [{ path: "references/u/a.png" }],
  });
});

test("the picture itself is a reference, or a video's first frame", () => {
  const path = "generating/u/image/j_1.png";
  expect(usedAgain(before, view, "reference", 2)).toMatchObject({ prompt: "owl", references: [{ path }] });
  const own = { id: "a", path: "references/u/a.png", mode: "style_only" as const };
  const twice = usedAgain({ ...before, references: [own] }, view, "reference", 2);
  expect(usedAgain(twice, view, "reference", 2).references.map((each) => each.path)).toEqual([
    own.path,
    path,
  ]);
  expect(usedAgain(before, view, "frame", 2)).toMatchObject({
    prompt: "owl",
    kind: "video",
    firstFrame: { path },
  });
  expect(usedAgain(before, view, "frame", 9)).toEqual(before);
  const chosen = { ...before, model: "flash", aspectRatio: "4:5", editOf: { ...own, id: "e" } };
  expect(usedAgain(chosen, view, "frame", 2)).not.toMatchObject({ model: "flash" });
  expect(usedAgain(chosen, view, "frame", 2)).toMatchObject({ prompt: "owl", negativePrompt: "people" });
  expect(usedAgain(chosen, view, "frame", 2).aspectRatio).toBeUndefined();
});
