import { FOLDERS } from "./callables.js";
import type { JobKind, JobStatus, JobView, Output } from "./types.js";

/** What a completed job of each kind has made. */
interface Outputs {
  image: Output;
  video: Output & { readonly video_url: string; readonly fps: number; readonly duration_seconds: number };
  training: Output & { readonly model_uri: string };
}

interface Common<Kind extends JobKind> extends Omit<JobView, "status" | "generation_data"> {
  readonly id: string;
  /** Its document: `generations/{uid}/{folder}/{id}`. */
  readonly path: string;
  readonly kind: Kind;
}

type OfKind<Kind extends JobKind> = Common<Kind> &
  (
    | { readonly status: "completed"; readonly generation_data: Outputs[Kind] }
    | {
        readonly status: Exclude<JobStatus, "completed">;
        readonly generation_data?: Outputs[Kind] | null;
      }
  );

/** A job's document. `kind` and `status` say what it has. */
export type Job = { [Kind in JobKind]: OfKind<Kind> }[JobKind];
export type CompletedJob = Extract<Job, { readonly status: "completed" }>;

/** Statuses of a job or a row that stay as they are. */
const FINAL: readonly string[] = ["completed", "failed", "cancelled"] satisfies JobStatus[];
export const OPEN: readonly JobStatus[] = ["queued", "processing"];

export function isFinal({ status }: { readonly status: string }): boolean {
  return FINAL.includes(status);
}

export function isCompleted(job: Job): job is CompletedJob {
  return job.status === "completed";
}

/** The document at this path, as the job that it is of. */
export function jobAt(path: string, view: JobView): Job {
  const [, , folder, id] = path.split("/");
  const kind = Object.entries(FOLDERS).find(([, each]) => each === folder)?.[0];
  return { ...view, id, path, kind } as Job;
}
