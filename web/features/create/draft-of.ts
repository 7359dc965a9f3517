// A request that was sent, as a draft again. Pure.
import { type Draft, EMPTY, type Kind, type Mode, type Picture } from "./draft";

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
    editOf: picture(request.editOf),
    extendOf: picture(request.extendOf),
    background: backgrounds.find((each) => each === request.background),
  };
}

const backgrounds = ["opaque", "transparent"] as const;

/** A template fills the bar with its prompt and what it says besides; its blanks are fields then. */
export function draftOfTemplate(before: Draft, template: FilledTemplate): Draft {
  const { id, prompt, defaults } = template;
  const kind = defaults.kind === "video" ? "video" : before.kind;
  const request = { ...defaults, prompt, templateId: id };
  return { ...draftOf(kind, request), references: before.references };
}

interface FilledTemplate {
  readonly id: string;
  readonly prompt: string;
  readonly defaults: Readonly<Record<string, unknown>>;
}

/** Of pixels, the ratio that the catalogue would name so, where it is one of small numbers. */
export function ratioOf(width?: number | null, height?: number | null): string | undefined {
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
