// The draft as it is sent. Pure.
import type { SizedModelOffer } from "@/live/catalog";
import type { Draft, Picture } from "./draft";
import { durationOf, formOf } from "./price";

/** The request as `generateImage` and `generateVideo` take it; what stands at its default is left out. */
export function requestOf(
  draft: Draft,
  model: SizedModelOffer,
  teamId: string | undefined,
): Record<string, unknown> {
  const { size, px } = formOf(draft, model);
  const isSizeChosen = draft.size !== undefined && size !== undefined && size !== Object.keys(model.sizes)[0];
  const isVideo = draft.kind === "video";
  const seed = Number.parseInt(draft.seed, 10);
  const pictures = draft.references.flatMap(({ path, mode }) => (path ? [{ path, mode }] : []));
  const frame = (picture: Picture | undefined) => (picture?.path ? { path: picture.path } : undefined);
  const variables = Object.entries(draft.variables).filter(([, value]) => value !== "");
  const request: Record<string, unknown> = {
    teamId,
    prompt: draft.prompt.trim() || undefined,
    negativePrompt: draft.negativePrompt.trim() || undefined,
    model: model.id,
    styleId: draft.styleId,
    brandId: model.takesBrands ? draft.brandId : undefined,
    referencePackId: draft.packId,
    templateId: draft.templateId,
    variables: variables.length > 0 ? Object.fromEntries(variables) : undefined,
    references: pictures.length > 0 ? pictures : undefined,
    seed: Number.isNaN(seed) ? undefined : seed,
    priority: draft.priority,
    scheduledAt: draft.scheduledAt ? new Date(draft.scheduledAt).toISOString() : undefined,
    reuse: draft.reuse || undefined,
  };
  if (isVideo && model.video?.extends && draft.extendOf?.path) {
    // All else is as the video has it.
    const { references: _, referencePackId: __, ...own } = request;
    return said({
      ...own,
      durationSeconds: durationOf(draft, model),
      generateAudio: draft.generateAudio,
      extendOf: frame(draft.extendOf),
    });
  }
  if (isVideo) {
    Object.assign(request, {
      aspectRatio: draft.aspectRatio,
      resolution: isSizeChosen ? size : undefined,
      durationSeconds: durationOf(draft, model) || undefined,
      fps: draft.fps,
      generateAudio: draft.generateAudio,
      firstFrame: frame(draft.firstFrame),
      lastFrame: frame(draft.lastFrame),
    });
  } else {
    Object.assign(
      request,
      isSizeChosen && px ? { width: px.width, height: px.height } : { aspectRatio: draft.aspectRatio },
    );
    if (draft.count > 1) request.count = draft.count;
    if (model.editsPictures) request.editOf = frame(draft.editOf);
    request.background = model.backgrounds?.includes(draft.background ?? "") ? draft.background : undefined;
  }
  return said(request);
}

function said(request: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined));
}
