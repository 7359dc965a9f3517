// What a draft comes to with its model: its size, its length, its price. Pure.
import type { SizedModelOffer } from "@/live/catalog";
import type { Draft } from "./draft";

/** The size and the ratio that a request without them gets, too. */
export function formOf(draft: Draft, model: SizedModelOffer) {
  const size = draft.size && model.sizes[draft.size] ? draft.size : Object.keys(model.sizes)[0];
  const ratios = (size && model.sizes[size]) || model.aspectRatios;
  const ratio = draft.aspectRatio && ratios[draft.aspectRatio] ? draft.aspectRatio : model.defaultAspectRatio;
  return { size, ratio, ratios, px: ratios[ratio] };
}

export function durationOf(draft: Draft, model: SizedModelOffer): number {
  const { video } = model;
  if (!video) return 0;
  if (draft.extendOf && video.extends) {
    const { addsSeconds } = video.extends;
    const asked = addsSeconds.find((seconds) => seconds === draft.durationSeconds);
    return asked ?? addsSeconds[0] ?? 0;
  }
  if (draft.references.length > 0 && video.referencesDurationSeconds) return video.referencesDurationSeconds;
  const { durationSeconds = 0 } = draft;
  return video.durationsSeconds.includes(durationSeconds)
    ? durationSeconds
    : (video.durationsSeconds[0] ?? 0);
}

/** What the catalogue says that this costs: exact but for what only the backend knows, such as `reuse`. */
export function priceOf(draft: Draft, model: SizedModelOffer): number {
  const { size } = formOf(draft, model);
  const each = (size ? model.priceCreditsBySize[size] : undefined) ?? model.priceCredits;
  return draft.kind === "video"
    ? each * durationOf(draft, model)
    : each * Math.min(draft.count, model.countMax);
}
