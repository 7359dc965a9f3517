// What stands in the prompt bar. Pure: it is read from and written to the browser elsewhere.
import type { SizedModelOffer, TierOffer } from "@/live/catalog";

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
  /** The picture that is changed as the prompt says. */
  readonly editOf?: Picture | undefined;
  /** The video that goes on. */
  readonly extendOf?: Picture | undefined;
  readonly background?: "opaque" | "transparent" | undefined;
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

export function isInTier(model: SizedModelOffer, tier: TierOffer | undefined): boolean {
  return !tier || tier.models.includes(model.id);
}
