/** The first row of what is pasted or imported: which column means which field. Pure. */

import { isVariableName } from "@/parts/placeholders";
import type { Table } from "@/parts/sheet-grid/table-text";
import { FIELDS, type Field, variableColumn } from "./columns";

/** Other names that people give the fields, as `plain` has them. */
const NAMES: Readonly<Record<Field, readonly string[]>> = {
  title: ["title", "name"],
  prompt: ["prompt", "text", "description", "idea"],
  kind: ["kind", "type"],
  aspectRatio: ["ratio", "aspect", "aspectratio", "format"],
  count: ["count", "number", "images", "pictures", "variants", "howmany"],
  durationSeconds: ["durationseconds", "duration", "length", "seconds"],
  resolution: ["resolution", "size", "quality"],
  seed: ["seed"],
  negativePrompt: ["negativeprompt", "negative", "without", "exclude"],
  model: ["model"],
  styleId: ["styleid", "style"],
};
const BY_NAME = new Map(FIELDS.flatMap((field) => NAMES[field].map((name) => [name, field] as const)));

/** Columns that our own exports have, and that are no part of a request. */
const PASSED_OVER = [
  "index",
  "status",
  "width",
  "height",
  "credits",
  "error",
  "jobid",
  "files",
  "gone",
  "row",
];

const plain = (text: string) => text.toLowerCase().replace(/[\s_-]/g, "");

/** `undefined`: unknown, to be asked. `null`: left out. */
export type Meaning = string | null | undefined;

export function meaningOf(header: string, variables: readonly string[]): Meaning {
  const text = header.trim();
  const braced = /^\{\{\s*([^{}=]+?)\s*(?:=[^{}]*)?\}\}$/.exec(text)?.[1];
  const name = (braced ?? text).normalize("NFC");
  const known = variables.find((each) => plain(each) === plain(name));
  if (known !== undefined) return variableColumn(known);
  if (braced !== undefined && isVariableName(name)) return variableColumn(name);
  if (!text || PASSED_OVER.includes(plain(text)) || text === "#") return null;
  return BY_NAME.get(plain(text));
}

export interface Headed {
  readonly headers: readonly string[];
  readonly meanings: readonly Meaning[];
  readonly rows: Table;
}

/**
 * The table with its header told apart; undefined where the first row is no header. It is one where at least
 * half of its cells name a field or a variable, and the rest are short: a prompt that says "seed" is none.
 */
export function headed(table: Table, variables: readonly string[]): Headed | undefined {
  const [headers = [], ...rows] = table;
  const meanings = headers.map((header) => meaningOf(header, variables));
  const named = headers.filter((header) => header.trim());
  const known = meanings.filter((meaning) => typeof meaning === "string");
  const isShort = named.every((header) => header.length <= HEADER_CHARS_MAX && !header.includes("\n"));
  if (!known.length || known.length * 2 < named.length || !isShort) return undefined;
  return { headers, meanings: firstOfEach(meanings), rows };
}

const HEADER_CHARS_MAX = 80;

/** A field that two columns name is the first one's. */
function firstOfEach(meanings: readonly Meaning[]): Meaning[] {
  return meanings.map((meaning, at) => (meaning && meanings.indexOf(meaning) < at ? null : meaning));
}

export function hasUnknown({ headers, meanings }: Headed): boolean {
  return meanings.some((meaning, at) => meaning === undefined && headers[at]?.trim());
}

/** What an unknown column most likely is: a variable of its own name, where it can be one. */
export function guessed(header: string): Meaning {
  const name = header.trim().replaceAll(/\s+/g, "_").normalize("NFC");
  return isVariableName(name) ? variableColumn(name) : null;
}
