/** The variables of a prompt, by the backend's own rule (GLOSSARY.md: placeholder). Pure. */

const NAME = "\\p{L}[^\\s!-,./:-@\\[-^`{-~]{0,63}";
const PLACEHOLDER = new RegExp(`\\{\\{\\s*(${NAME})\\s*(?:=([^{}]*))?\\}\\}`, "gu");
const WHOLE_NAME = new RegExp(`^${NAME}$`, "u");

export interface Variable {
  readonly name: string;
  /** What stands there where nothing is given; a variable without one has to be filled. */
  readonly fallback?: string;
}

/** The variables of this prompt, each once, in their order. A default anywhere counts everywhere. */
export function variablesOf(prompt: string): Variable[] {
  const found = new Map<string, Variable>();
  for (const [, name = "", fallback] of prompt.normalize("NFC").matchAll(PLACEHOLDER)) {
    if (found.get(name)?.fallback !== undefined) continue;
    found.set(name, fallback === undefined ? { name } : { name, fallback: fallback.trim() });
  }
  return [...found.values()];
}

export function isVariableName(name: string): boolean {
  return WHOLE_NAME.test(name);
}
