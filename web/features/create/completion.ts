// Names for `{{`: those that the draft and the last prompts have.
import { variablesOf } from "@/parts/placeholders";

const OPEN = /\{\{\s*([^{}=\s]*)$/;
const MAX = 6;

/** What of a name stands before the caret; undefined: no variable is being written. */
export function nameBefore(text: string, caret: number): string | undefined {
  return OPEN.exec(text.slice(0, caret))?.[1];
}

/** Names that begin so, each once, the draft's first. */
export function namesFor(begun: string, known: readonly string[], prompts: readonly string[]): string[] {
  const all = [...known, ...prompts.flatMap((prompt) => variablesOf(prompt).map(({ name }) => name))];
  const asked = begun.toLowerCase();
  return [...new Set(all)]
    .filter((name) => name !== begun && name.toLowerCase().startsWith(asked))
    .slice(0, MAX);
}

/** The text with the name in place of what was begun, and where the caret is then. */
export function completed(text: string, caret: number, name: string): { text: string; caret: number } {
  const begun = nameBefore(text, caret) ?? "";
  const before = text.slice(0, caret - begun.length);
  const after = text.slice(caret);
  const end = after.startsWith("}}") ? "" : "}}";
  return { text: `${before}${name}${end}${after}`, caret: before.length + name.length + 2 };
}
