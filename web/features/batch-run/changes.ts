/** A row's request as a form has it, and what was changed of it. Pure. */

type Request = Readonly<Record<string, unknown>>;

export const TEXTS = ["prompt", "negativePrompt", "aspectRatio", "resolution", "model", "styleId"] as const;
export const NUMBERS = ["count", "durationSeconds", "seed"] as const;
type Named = (typeof TEXTS)[number] | (typeof NUMBERS)[number];

/** Fields by their names; variables as `variables.season`. */
export type Form = Readonly<Record<string, string>>;

const OF_VIDEO: readonly Named[] = ["durationSeconds", "resolution"];

/** The fields of a kind in the order of the form. */
export function fieldsOf(kind: string): Named[] {
  const isVideo = kind === "video";
  const all: Named[] = [
    "prompt",
    "aspectRatio",
    "count",
    "durationSeconds",
    "resolution",
    "seed",
    "negativePrompt",
    "model",
    "styleId",
  ];
  return all.filter((name) => (isVideo ? name !== "count" : !OF_VIDEO.includes(name)));
}

export function formOf(request: Request, kind: string): Form {
  const fields = fieldsOf(kind).map((name) => [name, textOf(request[name])]);
  const variables = Object.entries((request.variables ?? {}) as Request);
  return Object.fromEntries([
    ...fields,
    ...variables.map(([name, value]) => [`variables.${name}`, textOf(value)]),
  ]);
}

const textOf = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" ? String(value) : "";

/**
 * The fields that differ from the request, as `editRow` takes them: null takes one away. A number that is
 * none is sent as it was written: the backend says what is wrong with it.
 */
export function changesOf(request: Request, kind: string, form: Form): Record<string, unknown> {
  const before = formOf(request, kind);
  const changes: Record<string, unknown> = {};
  for (const name of fieldsOf(kind)) {
    const text = form[name]?.trim() ?? "";
    if (text === before[name]) continue;
    const isNumber = (NUMBERS as readonly string[]).includes(name) && /^\d+$/.test(text);
    changes[name] = text === "" ? null : isNumber ? Number(text) : text;
  }
  const names = Object.keys(form).filter((name) => name.startsWith("variables."));
  if (names.some((name) => form[name] !== before[name])) {
    const given = names.flatMap((name) =>
      form[name] ? [[name.slice("variables.".length), form[name]]] : [],
    );
    changes.variables = Object.fromEntries(given);
  }
  // A size in pixels would be refused beside a ratio: the ratio that was chosen takes its place.
  if (changes.aspectRatio && request.width !== undefined)
    Object.assign(changes, { width: null, height: null });
  return changes;
}

/** The request with its changes, without what is taken away. */
export function changed(request: Request, changes: Request): Record<string, unknown> {
  return Object.fromEntries(Object.entries({ ...request, ...changes }).filter(([, value]) => value !== null));
}
