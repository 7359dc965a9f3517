/** Rows that were sent once, as a draft. Pure. */
import type { ListedTemplate } from "@/live/templates";
import { variablesOf } from "@/parts/placeholders";
import { FIELDS, variableColumn } from "./columns";
import { type Draft, type DraftTemplate, emptyDraft, withColumns, withTemplate } from "./draft";

type Request = Readonly<Record<string, unknown>>;

/** Fields that no cell has: kept as defaults where all rows have the same. */
const OF_ALL = ["referencePackId", "brandId"] as const;

export function draftOf(
  name: string,
  requests: readonly Request[],
  templates: readonly ListedTemplate[],
  newKey: () => string,
): Draft {
  const rows = requests.map((request) => ({ key: newKey(), cells: cellsOf(request) }));
  const common = (field: string) => {
    const values = new Set(requests.map((request) => request[field]));
    const [value] = values;
    return values.size === 1 && typeof value === "string" ? value : undefined;
  };
  const defaults = OF_ALL.flatMap((field) => {
    const value = common(field);
    return value ? [[field, value]] : [];
  });
  const template = templates.find(({ id }) => id === common("templateId"));
  const used = new Set(rows.flatMap(({ cells }) => Object.keys(cells)));
  const draft = { ...emptyDraft(newKey), name, rows, defaults: Object.fromEntries(defaults) };
  return withColumns(template ? usingTemplate(draft, template) : draft, [...used]);
}

function cellsOf(request: Request): Record<string, string> {
  const fields = FIELDS.flatMap((field) => {
    const value = request[field];
    // Images are what a row makes that does not say it.
    if (field === "kind" && value === "image") return [];
    return typeof value === "string" || typeof value === "number" ? [[field, String(value)]] : [];
  });
  const variables = Object.entries((request.variables ?? {}) as Record<string, string>);
  return Object.fromEntries([...fields, ...variables.map(([name, text]) => [variableColumn(name), text])]);
}

export function usingTemplate(draft: Draft, template: ListedTemplate | undefined): Draft {
  if (!template) return withTemplate(draft, undefined, []);
  const names = variablesOf(template.prompt ?? "").map(({ name }) => name);
  return withTemplate(draft, templateOf(template), names);
}

function templateOf({ id, name, version, prompt, defaults }: ListedTemplate): DraftTemplate {
  const kind = (defaults as Request | null | undefined)?.kind;
  return {
    id,
    name,
    version,
    prompt: prompt ?? undefined,
    kind: typeof kind === "string" ? kind : undefined,
    defaults: defaults ?? {},
  };
}
