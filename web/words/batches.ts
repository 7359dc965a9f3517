/** What the screens of batches say. */
export const columnWords: Readonly<Record<string, string>> = {
  title: "title",
  prompt: "prompt",
  kind: "kind",
  aspectRatio: "ratio",
  count: "count",
  durationSeconds: "seconds",
  resolution: "resolution",
  seed: "seed",
  negativePrompt: "without",
  model: "model",
  styleId: "style",
};

export const faultWords = {
  promptMissing: "A prompt is missing.",
  promptTooLong: (max: number, is: number) =>
    `At most ${max.toLocaleString("en")} characters; these are ${is.toLocaleString("en")}.`,
  titleTooLong: (max: number) => `At most ${max} characters.`,
  kind: "image or video.",
  whole: (min: number, max: number) =>
    `A whole number, ${min.toLocaleString("en")} to ${max.toLocaleString("en")}.`,
  one: "This model makes 1 at a time.",
  oneOf: (values: readonly string[]) => `One of ${values.join(", ")}.`,
  model: (values: readonly string[]) => `There is no such model. One of ${values.join(", ")}.`,
  modelNotHere: (title: string) => `${title} is not available here.`,
  modelNotInTier: (title: string, tier: string) => `${title} is not part of ${tier}.`,
  style: "There is no such style.",
  notOfKind: (kind: string) => `${kind === "video" ? "Videos" : "Images"} have none.`,
  variableMissing: (name: string) => `Fill in ${name}.`,
} as const;
