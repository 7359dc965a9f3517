// What stands in the prompt bar. Pure: it is read from and written to the browser elsewhere.
import type { Catalog, SizedModelOffer, TierOffer } from "@/live/catalog";
import { modelsOf } from "@/live/catalog";

export type Kind = "image" | "video";
export type Mode = "style_only" | "style_and_composition";

/** A picture in the bar: an upload, or something that was made. `path` once it can be sent. */
export interface Picture {
  /** Stays the same from the drop on. */
  readonly id: string;
  readonly path?: string;
  readonly thumbnail?: string | undefined;
  readonly mode: Mode;
}

export interface Draft {
  readonly kind: Kind;
  readonly prompt: string;
  readonly negativePrompt: string;
  /** Undefined: the catalogue's default of the kind. */
  readonly model?: string | undefined;
  /** Undefined: the model's default; so are those below. */
  readonly aspectRatio?: string | undefined;
  /** The name of one of the model's sizes. */
  readonly size?: string | undefined;
  readonly count: number;
  readonly styleId?: string | undefined;
  readonly brandId?: string | undefined;
  readonly packId?: string | undefined;
  readonly templateId?: string | undefined;
  readonly variables: Readonly<Record<string, string>>;
  readonly seed: string;
  readonly priority?: "low" | "normal" | "high" | undefined;
  /** As the browser's field has it, local: `2026-11-29T14:00`. */
  readonly scheduledAt: string;
  readonly reuse: boolean;
  readonly references: readonly Picture[];
  readonly durationSeconds?: number | undefined;
  readonly fps?: number | undefined;
  readonly generateAudio?: boolean | undefined;
  readonly firstFrame?: Picture | undefined;
  readonly lastFrame?: Picture | undefined;
}

export const EMPTY: Draft = {
  kind: "image",
  prompt: "",
  negativePrompt: "",
  count: 1,
  variables: {},
  seed: "",
  scheduledAt: "",
  reuse: false,
  references: [],
};

export function modelFor(draft: Draft, catalog: Catalog): SizedModelOffer | undefined {
  const models = modelsOf(catalog, draft.kind);
  const wanted = draft.model ?? catalog.defaults[draft.kind];
  return models.find(({ id }) => id === wanted) ?? models[0];
}

export function isInTier(model: SizedModelOffer, tier: TierOffer | undefined): boolean {
  return !tier || tier.models.includes(model.id);
}

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
  | "sound";

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
  if (now.references.length > model.referencesMax) {
    drop("references", { references: now.references.slice(0, model.referencesMax) });
  }
  if (now.brandId && !model.takesBrands) drop("brand", { brandId: undefined });
  if (now.kind !== "video" || !video) return { draft: now, lost };
  if (now.durationSeconds && !video.durationsSeconds.includes(now.durationSeconds)) {
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
  }
  return Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined));
}

/** A draft of a request that was sent before: a concept, or a generation that is used again. */
export function draftOf(kind: Kind, request: Readonly<Record<string, unknown>>): Draft {
  const text = (name: string) => (typeof request[name] === "string" ? (request[name] as string) : undefined);
  const number = (name: string) =>
    typeof request[name] === "number" ? (request[name] as number) : undefined;
  const picture = (sent: unknown): Picture | undefined => {
    const { path, mode } = (sent ?? {}) as { path?: string; mode?: Mode };
    return path ? { id: path, path, mode: mode ?? "style_only" } : undefined;
  };
  const references = Array.isArray(request.references) ? request.references.map(picture) : [];
  return {
    ...EMPTY,
    kind,
    prompt: text("prompt") ?? "",
    negativePrompt: text("negativePrompt") ?? "",
    model: text("model"),
    aspectRatio: text("aspectRatio") ?? ratioOf(number("width"), number("height")),
    size: text("resolution"),
    count: number("count") ?? 1,
    styleId: text("styleId"),
    brandId: text("brandId"),
    packId: text("referencePackId"),
    templateId: text("templateId"),
    variables: (request.variables ?? {}) as Record<string, string>,
    references: references.filter((each) => each !== undefined),
    durationSeconds: number("durationSeconds"),
    fps: number("fps"),
    generateAudio: typeof request.generateAudio === "boolean" ? request.generateAudio : undefined,
    firstFrame: picture(request.firstFrame),
    lastFrame: picture(request.lastFrame),
  };
}

/** Of pixels, the ratio that the catalogue would name so, where it is one of small numbers. */
function ratioOf(width: number | undefined, height: number | undefined): string | undefined {
  if (!width || !height) return undefined;
  const near = RATIOS.find(([w, h]) => Math.abs(w / h - width / height) < 0.02);
  return near && `${near[0]}:${near[1]}`;
}

const RATIOS: readonly (readonly [number, number])[] = [
  [1, 1],
  [2, 3],
  [3, 2],
  [3, 4],
  [4, 3],
  [4, 5],
  [5, 4],
  [9, 16],
  [16, 9],
  [21, 9],
];
