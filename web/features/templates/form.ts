/** A template as its form has it. Pure. */
import type { Visibility } from "@/live/packs";
import type { Template, TemplateFields } from "@/live/templates";
import { isVariableName } from "@/parts/placeholders";
import { templateWords as words } from "@/words/shelf";

export interface TemplateForm {
  readonly name: string;
  readonly prompt: string;
  readonly kind: "prompt" | "batch";
  readonly visibility: Visibility;
  readonly teamId: string | undefined;
  readonly packId: string;
  readonly defaults: Readonly<Record<string, unknown>>;
}

export const EMPTY: TemplateForm = {
  name: "",
  prompt: "",
  kind: "prompt",
  visibility: "private",
  teamId: undefined,
  packId: "",
  defaults: {},
};

export function formOf(template: Template): TemplateForm {
  const { name, prompt, kind, visibility, team_id, reference_pack_id, defaults } = template;
  return {
    name,
    prompt: prompt ?? "",
    kind,
    visibility,
    teamId: team_id ?? undefined,
    packId: reference_pack_id ?? "",
    defaults: defaults ?? {},
  };
}

/** What is missing before it can be saved; undefined: nothing. */
export function lackOf({ name, prompt }: TemplateForm): string | undefined {
  if (!name.trim()) return words.needsName;
  return prompt.trim() ? undefined : words.needsPrompt;
}

export function fieldsOf(form: TemplateForm): TemplateFields {
  const defaults = Object.entries(form.defaults).filter(([, value]) => value !== "" && value !== undefined);
  return {
    name: form.name.trim(),
    prompt: form.prompt,
    kind: form.kind,
    visibility: form.visibility,
    ...(form.visibility === "team" && form.teamId && { team_id: form.teamId }),
    ...(form.packId && { reference_pack_id: form.packId }),
    ...(defaults.length > 0 && { defaults: Object.fromEntries(defaults) }),
  };
}

/** What looks like a blank and is none: it would stand in the prompt as it is. */
export function oddBlanks(prompt: string): string[] {
  const found = [...prompt.matchAll(/\{\{([^{}]*)\}\}/g)];
  const odd = found.filter(([, inner = ""]) => !isVariableName(inner.replace(/=.*$/s, "").trim()));
  return [...new Set(odd.map(([whole]) => whole))];
}
