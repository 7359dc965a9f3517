// What can be made of something that was made, by the models that somebody has. Pure.
import { type Catalog, modelsOf, type SizedModelOffer, type TierOffer } from "./catalog";
import { type Generation, kindOf } from "./generation";

export type GoingOn = "edit" | "frame" | "extend";

/** What can be done with a finished generation: a picture edited or made a video of, a video extended. */
export function goingOnOf(catalog: Catalog, tier: TierOffer | undefined, made: Generation): GoingOn[] {
  const models = (kind: "image" | "video") =>
    modelsOf(catalog, kind).filter(({ id }) => !tier || tier.models.includes(id));
  if (made.status !== "completed" || kindOf(made) === "training") return [];
  if (kindOf(made) === "video")
    return models("video").some((each) => canExtend(each, made)) ? ["extend"] : [];
  const can: GoingOn[] = [];
  if (models("image").some(({ editsPictures }) => editsPictures)) can.push("edit");
  if (models("video").some(({ video }) => video?.takesFirstFrame)) can.push("frame");
  return can;
}

/** Whether the model can go on with this very video. */
export function canExtend({ video, sizes }: SizedModelOffer, made: Generation): boolean {
  const { width, height, generationData } = made;
  if (!video?.extends || !generationData?.videoUrl || !/\.mp4$/i.test(generationData.storagePaths[0] ?? ""))
    return false;
  const { sourceSecondsMax, sizes: names } = video.extends;
  const length = generationData.durationSeconds ?? 0;
  const rate = Math.round(generationData.fps ?? video.fps[0] ?? 0);
  const px = names.flatMap((name) => Object.values(sizes[name] ?? {}));
  const isOfASize = px.some((each) => each.width === width && each.height === height);
  return isOfASize && video.fps.includes(rate) && length <= sourceSecondsMax + 0.5;
}
