import { expect, test } from "vitest";
import type { Catalog, SizedModelOffer, TierOffer } from "./catalog";
import type { Generation } from "./generation";
import { canExtend, goingOnOf } from "./going-on";

const extender = {
  id: "veo",
  kind: "video",
  available: true,
  aspectRatios: {},
  sizes: {
    "720p": { "16:9": { width: 1280, height: 720 } },
    "1080p": { "16:9": { width: 1920, height: 1080 } },
  },
  video: {
    fps: [24],
    takesFirstFrame: true,
    extends: { addsSeconds: [7], sourceSecondsMax: 30, sizes: ["720p"] },
  },
} as unknown as SizedModelOffer;
const editor = { id: "gemini", kind: "image", available: true, aspectRatios: {}, editsPictures: true };
const catalog = { models: [editor, extender] } as unknown as Catalog;
const tier = (...models: string[]) => ({ models }) as unknown as TierOffer;
const video = (about: object = {}, output: object = {}) =>
  ({
    path: "generations/u/videos/j",
    status: "completed",
    width: 1280,
    height: 720,
    generationData: {
      videoUrl: "https://v",
      fps: 24,
      durationSeconds: 8,
      storagePaths: ["generating/u/video/j.mp4"],
      ...output,
    },
    ...about,
  }) as unknown as Generation;
const picture = (status: string) => ({ path: "generations/u/images/j", status }) as unknown as Generation;

test("a video is extended by a model that takes its size, its rate, its length and its type", () => {
  expect(canExtend(extender, video())).toBe(true);
  expect(canExtend(extender, video({ width: 1920, height: 1080 }))).toBe(false);
  expect(canExtend(extender, video({}, { fps: 30 }))).toBe(false);
  expect(canExtend(extender, video({}, { durationSeconds: 31 }))).toBe(false);
  expect(canExtend(extender, video({}, { storagePaths: ["generating/u/video/j.webm"] }))).toBe(false);
  expect(canExtend({ ...extender, video: undefined } as unknown as SizedModelOffer, video())).toBe(false);
});

test("only what a model of the tier can do is offered, and only of what is finished", () => {
  expect(goingOnOf(catalog, tier("gemini", "veo"), picture("completed"))).toEqual(["edit", "frame"]);
  expect(goingOnOf(catalog, tier("gemini"), picture("completed"))).toEqual(["edit"]);
  expect(goingOnOf(catalog, tier(), picture("completed"))).toEqual([]);
  expect(goingOnOf(catalog, undefined, picture("failed"))).toEqual([]);
  expect(goingOnOf(catalog, tier("veo"), video())).toEqual(["extend"]);
  expect(goingOnOf(catalog, tier("gemini"), video())).toEqual([]);
});
