import { expect, test } from "vitest";
import type { Catalog, SizedModelOffer } from "@/live/catalog";
import type { Generation } from "@/live/generation";
import { modelFor } from "./chosen-model";
import { type Draft, EMPTY, type Picture } from "./draft";
import { draftOf } from "./draft-of";
import { fitted } from "./fitting";
import { goesOn, picturesLacking, referencesMaxOf } from "./going-on";
import { durationOf, priceOf } from "./price";
import { requestOf } from "./request";
import { usedAgain } from "./used-again";

const offer = (about: object) =>
  ({
    kind: "image",
    available: true,
    priceCredits: 2,
    priceCreditsBySize: {},
    countMax: 4,
    referencesMax: 3,
    takesBrands: false,
    defaultAspectRatio: "1:1",
    aspectRatios: { "1:1": { width: 1024, height: 1024 } },
    sizes: { "1K": { "1:1": { width: 1024, height: 1024 } } },
    ...about,
  }) as unknown as SizedModelOffer;
const plain = offer({ id: "plain" });
const able = offer({ id: "able", editsPictures: true, backgrounds: ["opaque", "transparent"] });
const upscaler = offer({ id: "upscaler", referencesMin: 1, referencesMax: 1 });
const film = { durationsSeconds: [4, 8], fps: [24], hasAudio: true };
const still = offer({ id: "still", kind: "video", video: film });
const extender = offer({
  id: "extender",
  kind: "video",
  video: { ...film, extends: { addsSeconds: [7], sourceSecondsMax: 30, sizes: ["720p"] } },
});
const catalog = {
  models: [plain, able, still, extender],
  defaults: { image: "plain", video: "still" },
} as unknown as Catalog;
const draft = (some: Partial<Draft>): Draft => ({ ...EMPTY, prompt: "make it night", ...some });
const picture = (path: string): Picture => ({ id: path, path, mode: "style_only" });
const EDIT = draft({ editOf: picture("generating/u/image/j.png") });
const EXTEND = draft({ kind: "video", extendOf: picture("generating/u/video/j.mp4") });

test("without a choice it is a model that can: the usual one, one of the tier, or any", () => {
  expect(modelFor(draft({}), catalog)?.id).toBe("plain");
  expect(modelFor(EDIT, catalog)?.id).toBe("able");
  expect(modelFor(EXTEND, catalog)?.id).toBe("extender");
  expect(modelFor({ ...EDIT, model: "plain" }, catalog)?.id).toBe("plain");
  expect(modelFor(draft({ background: "transparent" }), catalog)?.id).toBe("able");
  expect(goesOn(draft({ editOf: EDIT.editOf, background: "transparent" }), plain)).toBe(false);
});

test("a model that cannot drops what it cannot, and names it", () => {
  expect(fitted({ ...EDIT, background: "transparent" }, plain)).toEqual({
    draft: { ...EDIT, editOf: undefined, background: undefined },
    lost: ["editing", "background"],
  });
  expect(fitted(EXTEND, still).lost).toEqual(["extending"]);
  expect(fitted({ ...EDIT, background: "transparent" }, able).lost).toEqual([]);
});

test("the picture to edit has one of the places for pictures", () => {
  const references = ["a", "b", "c"].map(picture);
  expect(referencesMaxOf(EDIT, able)).toBe(2);
  expect(fitted({ ...EDIT, references }, able).draft.references).toHaveLength(2);
  expect(requestOf(EDIT, able, undefined)).toEqual({
    prompt: "make it night",
    model: "able",
    editOf: { path: "generating/u/image/j.png" },
  });
});

test("a background is sent only to who has it", () => {
  const clear = draft({ background: "transparent" });
  expect(requestOf(clear, able, undefined).background).toBe("transparent");
  expect(requestOf(clear, plain, undefined)).not.toHaveProperty("background");
});

test("a video goes on in its own size, and what is added is paid for", () => {
  const chosen = { ...EXTEND, aspectRatio: "1:1", size: "1K", fps: 24, durationSeconds: 8, packId: "p" };
  expect(durationOf(chosen, extender)).toBe(7);
  expect(priceOf(chosen, extender)).toBe(14);
  expect(requestOf({ ...chosen, references: [picture("a")] }, extender, undefined)).toEqual({
    prompt: "make it night",
    model: "extender",
    durationSeconds: 7,
    extendOf: { path: "generating/u/video/j.mp4" },
  });
});

test("a model that works on pictures says how many are lacking, unless a pack has some", () => {
  expect(picturesLacking(draft({}), upscaler)).toBe(1);
  expect(picturesLacking(draft({ references: [picture("a")] }), upscaler)).toBe(0);
  expect(picturesLacking(draft({ packId: "p" }), upscaler)).toBe(0);
  expect(picturesLacking(draft({}), plain)).toBe(0);
});

test("a request that went on from something is its draft again", () => {
  const sent = { prompt: "night", editOf: { path: "p.png" }, background: "transparent" };
  expect(draftOf("image", sent)).toMatchObject({ editOf: { path: "p.png" }, background: "transparent" });
  expect(draftOf("video", { extendOf: { path: "v.mp4" } }).extendOf?.path).toBe("v.mp4");
  expect(draftOf("image", { background: "striped" }).background).toBeUndefined();
});

test("what was made is edited in its own shape, or goes on, with a new prompt", () => {
  const view = {
    path: "generations/u/images/j",
    width: 1376,
    height: 768,
    requestData: { prompt: "fog", model: "plain" },
    generationData: {
      storagePaths: ["generating/u/image/j_0.png", "generating/u/image/j_1.png"],
      thumbnailUrls: ["t0", "t1"],
    },
  } as unknown as Generation;
  const before = draft({ prompt: "owl", seed: "7" });
  const edited = usedAgain(before, view, "edit", 2);
  expect(edited).toMatchObject({ kind: "image", prompt: "", seed: "", aspectRatio: "16:9" });
  expect(edited.editOf).toMatchObject({ path: "generating/u/image/j_1.png", thumbnail: "t1" });
  expect(edited.model).toBeUndefined();
  expect(usedAgain(before, view, "edit", 9)).toEqual(before);
  expect(usedAgain(before, view, "extend", 1)).toMatchObject({ kind: "video", prompt: "" });
});
