// What goes on from something that was made: a picture that is edited, a video that is extended. Pure.
import type { SizedModelOffer } from "@/live/catalog";
import type { Draft } from "./draft";

/** Whether the model does what the draft goes on with. */
export function goesOn({ kind, editOf, extendOf, background }: Draft, model: SizedModelOffer): boolean {
  if (kind === "video") return !extendOf || model.video?.extends !== undefined;
  const backgrounds: readonly string[] = model.backgrounds ?? ["opaque"];
  return (!editOf || model.editsPictures === true) && (!background || backgrounds.includes(background));
}

/** How many pictures the draft still lacks. A pack has some; how many, the backend looks. */
export function picturesLacking(
  { references, packId }: Draft,
  { referencesMin = 0 }: SizedModelOffer,
): number {
  return packId ? 0 : Math.max(0, referencesMin - references.length);
}

/** How many pictures may be beside the one that is edited. */
export function referencesMaxOf(draft: Draft, { referencesMax, video }: SizedModelOffer): number {
  if (video) return draft.extendOf ? 0 : referencesMax;
  return draft.editOf ? Math.max(0, referencesMax - 1) : referencesMax;
}

/** What the prompt is for. */
export function wordsFor({ kind, editOf, extendOf }: Draft): "image" | "video" | "edit" | "extend" {
  if (kind === "video") return extendOf ? "extend" : "video";
  return editOf ? "edit" : "image";
}
