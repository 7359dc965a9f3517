// What "Use again" puts into the bar: all settings, or one part of them into what stands there.
import { type Generation, kindOf } from "@/live/generation";
import { type Draft, EMPTY, type Picture } from "./draft";
import { draftOf, ratioOf } from "./draft-of";

/**
 * `use` as the address has it. Without it: the same settings, with a new seed. `exact`: with its seed. `prompt`,
 * `references`: that alone. `reference`, `frame`, `edit`: picture `n` (from 1) as a reference, as a video's first
 * frame, or to be changed. `extend`: the video, to go on with.
 */
export function usedAgain(before: Draft, view: Generation, use: string | null, n: number): Draft {
  const whole = draftOf(kindOf(view) === "video" ? "video" : "image", view.requestData);
  const at = Math.max(n, 1) - 1;
  const path = view.generationData?.storagePaths[at];
  const picture = path && { id: path, path, thumbnail: view.generationData?.thumbnailUrls[at] };
  switch (use) {
    case "exact":
      return { ...whole, seed: String(view.generationData?.seed ?? view.seed ?? "") };
    case "prompt":
      return { ...before, prompt: whole.prompt, variables: whole.variables };
    case "references":
      return { ...before, references: whole.references };
    case "reference":
      return picture ? { ...before, references: withPicture(before, picture) } : before;
    case "frame":
      return picture
        ? { ...before, kind: "video", extendOf: undefined, firstFrame: { ...picture, mode: "style_only" } }
        : before;
    case "edit":
      if (!picture) return before;
      return {
        ...EMPTY,
        kind: "image",
        editOf: { ...picture, mode: "style_and_composition" },
        aspectRatio: ratioOf(view.width, view.height),
      };
    case "extend":
      if (!picture) return before;
      return { ...EMPTY, kind: "video", extendOf: { ...picture, mode: "style_and_composition" } };
    default:
      return whole;
  }
}

/** Behind those that are there; one that is there already comes last. */
function withPicture({ references }: Draft, picture: Omit<Picture, "mode">): readonly Picture[] {
  const others = references.filter(({ path }) => path !== picture.path);
  return [...others, { ...picture, mode: "style_and_composition" }];
}
