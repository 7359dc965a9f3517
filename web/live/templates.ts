import type { Listed, Template, TemplateFields } from "@mediaforge/client";
import { versioned } from "./versioned";

export type { Template, TemplateFields } from "@mediaforge/client";
export type ListedTemplate = Listed<Template>;

export const templates = versioned<Template, TemplateFields>((mf) => mf.templates);
export const useTemplates = templates.useAll;
