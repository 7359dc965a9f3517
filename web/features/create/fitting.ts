// A draft as another model takes it. Pure.
import type { SizedModelOffer } from "@/live/catalog";
import type { Draft } from "./draft";
import { referencesMaxOf } from "./going-on";
import { formOf } from "./price";

/** What of the draft the model does not take. */
export type Lost =
  | "aspectRatio"
  | "size"
  | "count"
  | "references"
  | "brand"
  | "duration"
  | "fps"
  | "frames"
  | "sound"
  | "editing"
  | "background"
  | "extending";

/** The draft as this model takes it, and what had to change. */
export function fitted(draft: Draft, model: SizedModelOffer): { draft: Draft; lost: Lost[] } {
  const lost: Lost[] = [];
  let now = draft;
  const drop = (name: Lost, change: Partial<Draft>) => {
    lost.push(name);
    now = { ...now, ...change };
  };
  const { video } = model;
  if (now.size && !model.sizes[now.size]) drop("size", { size: undefined });
  if (now.aspectRatio && !formOf(now, model).ratios[now.aspectRatio])
    drop("aspectRatio", { aspectRatio: undefined });
  if (now.kind === "image" && now.count > model.countMax) drop("count", { count: model.countMax });
  if (now.kind === "image" && now.editOf && !model.editsPictures) drop("editing", { editOf: undefined });
  if (now.kind === "video" && now.extendOf && !video?.extends) drop("extending", { extendOf: undefined });
  if (now.background && !(model.backgrounds ?? []).includes(now.background)) {
    drop("background", { background: undefined });
  }
  const most = referencesMaxOf(now, model);
  if (now.references.length > most) {
    drop("references", { references: now.references.slice(0, most) });
  }
  if (now.brandId && !model.takesBrands) drop("brand", { brandId: undefined });
  if (now.kind !== "video" || !video) return { draft: now, lost };
  const lengths = (now.extendOf && video.extends?.addsSeconds) || video.durationsSeconds;
  if (now.durationSeconds && !lengths.includes(now.durationSeconds)) {
    drop("duration", { durationSeconds: undefined });
  }
  if (now.fps && !video.fps.includes(now.fps)) drop("fps", { fps: undefined });
  if (now.generateAudio && !video.hasAudio) drop("sound", { generateAudio: undefined });
  const keepsFirst = !now.firstFrame || video.takesFirstFrame;
  const keepsLast =
    !now.lastFrame || (video.takesLastFrame && (Boolean(now.firstFrame) || video.takesLastFrameAlone));
  if (!keepsFirst || !keepsLast) {
    drop("frames", {
      firstFrame: keepsFirst ? now.firstFrame : undefined,
      lastFrame: keepsLast ? now.lastFrame : undefined,
    });
  }
  return { draft: now, lost };
}
