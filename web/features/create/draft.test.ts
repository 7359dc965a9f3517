import { expect, test } from "vitest";
import type { SizedModelOffer } from "@/live/catalog";
import { type Draft, EMPTY } from "./draft";
import { draftOf } from "./draft-of";
import { fitted } from "./fitting";
import { priceOf } from "./price";
import { requestOf } from "./request";

const px = (width: number, height: number) => ({ width, height });
const image = {
  id: "flash",
  kind: "image",
  priceCredits: 2,
  priceCreditsBySize: { "4K": 8 },
  countMax: 4,
  referencesMax: 3,
  takesBrands: false,
  defaultAspectRatio: "1:1",
  aspectRatios: { "1:1": px(1024, 1024), "3:2": px(1248, 832) },
  sizes: {
    "1K": { "1:1": px(1024, 1024), "3:2": px(1248, 832) },
    "4K": { "1:1": px(4096, 4096), "3:2": px(4992, 3328) },
  },
} as unknown as SizedModelOffer;
const video = {
  ...image,
  id: "film",
  kind: "video",
  priceCredits: 10,
  priceCreditsBySize: {},
  countMax: 1,
  referencesMax: 0,
  defaultAspectRatio: "16:9",
  sizes: { "720p": { "16:9": px(1280, 720) } },
  aspectRatios: { "16:9": px(1280, 720) },
  video: {
    durationsSeconds: [4, 8],
    fps: [24],
    hasAudio: false,
    takesFirstFrame: true,
    takesLastFrame: true,
    takesLastFrameAlone: false,
    referencesDurationSeconds: null,
  },
} as unknown as SizedModelOffer;
const draft = (some: Partial<Draft>): Draft => ({ ...EMPTY, prompt: "A lighthouse", ...some });

test("the price is the catalogue's: by count, by size, by second", () => {
  expect(priceOf(draft({ count: 3 }), image)).toBe(6);
  expect(priceOf(draft({ size: "4K" }), image)).toBe(8);
  expect(priceOf(draft({ kind: "video", durationSeconds: 8 }), video)).toBe(80);
  expect(priceOf(draft({ kind: "video" }), video)).toBe(40);
});

test("what stands at its default is not sent", () => {
  expect(requestOf(draft({}), image, undefined)).toEqual({ prompt: "A lighthouse", model: "flash" });
});

test("a ratio that the model has not is not sent", () => {
  expect(requestOf(draft({ aspectRatio: "9:16" }), image, undefined)).not.toHaveProperty("aspectRatio");
});

test("another size than the first is sent as pixels, and the ratio with it", () => {
  const request = requestOf(draft({ size: "4K", aspectRatio: "3:2", count: 2 }), image, "t1");
  expect(request).toEqual({
    teamId: "t1",
    prompt: "A lighthouse",
    model: "flash",
    width: 4992,
    height: 3328,
    count: 2,
  });
});

test("a picture that is still on its way is not sent", () => {
  const references = [
    { id: "a", mode: "style_only" as const },
    { id: "b", path: "references/u/b.png", mode: "style_and_composition" as const },
  ];
  expect(requestOf(draft({ references }), image, undefined).references).toEqual([
    { path: "references/u/b.png", mode: "style_and_composition" },
  ]);
});

test("what the model does not take goes, and is named", () => {
  const references = ["a", "b", "c", "d"].map((id) => ({ id, path: id, mode: "style_only" as const }));
  const { draft: now, lost } = fitted(draft({ aspectRatio: "9:16", brandId: "b", references }), image);
  expect(lost).toEqual(["aspectRatio", "references", "brand"]);
  expect(now.references).toHaveLength(3);
  expect(now.aspectRatio).toBeUndefined();
});

test("a last frame alone goes where the model takes none", () => {
  const lastFrame = { id: "l", path: "p", mode: "style_only" as const };
  expect(fitted(draft({ kind: "video", lastFrame }), video).lost).toEqual(["frames"]);
  expect(fitted(draft({ kind: "video", lastFrame, firstFrame: lastFrame }), video).lost).toEqual([]);
});

test("a request that was sent becomes its draft again, without its seed", () => {
  const sent = {
    prompt: "Owl",
    seed: 7,
    count: 2,
    width: 4992,
    height: 3328,
    references: [{ path: "r", mode: "style_only" }],
  };
  const now = draftOf("image", sent);
  expect(now).toMatchObject({ prompt: "Owl", seed: "", count: 2, aspectRatio: "3:2" });
  expect(now.references).toEqual([{ id: "r", path: "r", mode: "style_only" }]);
});
