// What two generations were made of, setting by setting.
import { type Generation, kindOf, promptOf } from "@/live/generation";
import { compare as words } from "@/words/compare";

export type Setting = keyof typeof words.names;

export interface Row {
  readonly setting: Setting;
  readonly left: string;
  readonly right: string;
  readonly differs: boolean;
}

/** Titles of ids, where they are known. */
export interface Titles {
  readonly model: (id: string) => string;
  readonly style: (id: string) => string;
  readonly pack: (id: string) => string;
  readonly template: (id: string) => string;
}

interface Asked {
  readonly negativePrompt?: string;
  readonly styleId?: string;
  readonly references?: readonly {
    readonly path: string;
    readonly mode: keyof typeof words.referenceModes;
  }[];
}

/** One row for each setting that either has, those that differ first. Texts are as one reads them. */
export function settingsOf(left: Generation, right: Generation, titles: Titles): Row[] {
  const [one, other] = [textsOf(left, titles), textsOf(right, titles)];
  const rows = (Object.keys(words.names) as Setting[]).map((setting) => ({
    setting,
    left: one[setting],
    right: other[setting],
    differs: one[setting] !== other[setting],
  }));
  const said = rows.filter((row) => row.left || row.right);
  return [...said.filter(({ differs }) => differs), ...said.filter(({ differs }) => !differs)];
}

function textsOf(generation: Generation, titles: Titles): Record<Setting, string> {
  const { width, height, generationData, brandId, pack, template, count, credits, seed } = generation;
  const asked = generation.requestData as Asked;
  const isVideo = kindOf(generation) === "video";
  return {
    prompt: promptOf(generation),
    negative: asked.negativePrompt ?? "",
    kind: words.kinds[kindOf(generation)],
    model: titles.model(generation.model),
    seed: String(generationData?.seed ?? seed ?? ""),
    size: width && height ? `${width}×${height}` : "",
    length: isVideo && generationData?.durationSeconds ? `${generationData.durationSeconds} s` : "",
    style: asked.styleId ? titles.style(asked.styleId) : "",
    brand: brandId ?? "",
    pack: pack ? words.version(titles.pack(pack.id), pack.version) : "",
    template: template ? words.version(titles.template(template.id), template.version) : "",
    references: (asked.references ?? [])
      .map(({ path, mode }) =>
        words.reference(path.slice(path.lastIndexOf("/") + 1), words.referenceModes[mode]),
      )
      .join(", "),
    count: isVideo ? "" : String(count),
    credits: String(credits.charged),
  };
}
