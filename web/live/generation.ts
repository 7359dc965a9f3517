// One shape for what is shown of a job: that of searchGenerations, which is the document's in camelCase.
import type { Generation, Job } from "@mediaforge/client";

export type { Generation, JobKind, JobStatus, WaitingFor } from "@mediaforge/client";

/** A job's document in the shape that lists have it. */
export function generationOf(job: Job): Generation {
  const { request_data, generation_data, error, credits, id: _, kind: __, ...flat } = job;
  const fields = {
    ...NONE,
    ...camel(flat),
    requestData: request_data,
    generationData: generation_data ? { ...NO_OUTPUT, ...camel(generation_data) } : null,
    error: error ?? null,
    credits,
  };
  return fields as unknown as Generation;
}

/** What documents leave out, and answers have as null. */
const NONE = {
  completedAt: null,
  waitingFor: null,
  teamId: null,
  batchId: null,
  row: null,
  brandId: null,
  retryOf: null,
  reusedFrom: null,
  replacedModel: null,
  pack: null,
  template: null,
  requestId: null,
  width: null,
  height: null,
  missing: null,
  seed: null,
};
const NO_OUTPUT = { videoUrl: null, fps: null, durationSeconds: null, modelUri: null };

function camel(document: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(document).map(([name, value]) => [
      name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      value === undefined ? null : momentOf(value),
    ]),
  );
}

function momentOf(value: unknown): unknown {
  const isMoment = typeof value === "object" && value !== null && "toDate" in value;
  return isMoment ? (value as { toDate(): Date }).toDate().toISOString() : value;
}

export function isOpen({ status }: { readonly status: string }): boolean {
  return status === "queued" || status === "processing";
}

const PLACEHOLDER = /\{\{\s*([^{}=]+?)\s*(?:=([^{}]*))?\}\}/g;

function filled(prompt: string, variables: Readonly<Record<string, string>>): string {
  return prompt.replace(
    PLACEHOLDER,
    (whole, name: string, fallback?: string) => variables[name] ?? fallback?.trim() ?? whole,
  );
}

/** What was asked for, with its variables filled in. */
export function promptOf({ requestData }: Generation): string {
  const { prompt, title, name, variables } = requestData as {
    prompt?: string;
    title?: string;
    name?: string;
    variables?: Record<string, string>;
  };
  return filled(prompt ?? title ?? name ?? "", variables ?? {});
}

/** Which callable made it: the document's folder says. */
export function kindOf({ path }: { readonly path: string }): "image" | "video" | "training" {
  const folder = path.split("/")[2];
  return folder === "videos" ? "video" : folder === "trainings" ? "training" : "image";
}
