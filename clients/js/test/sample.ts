// What an app writes, for the compiler: it is not run. The lines marked are wrong, and have to be found.
import {
  type Callables,
  type CompletedJob,
  GenerationFailed,
  type Job,
  MediaForge,
  MediaForgeError,
  type Refusal,
} from "@mediaforge/client";
import type { FirebaseApp } from "firebase/app";

declare const app: FirebaseApp;
export const mf = new MediaForge(app, {
  region: "us-central1",
  emulators: { host: "127.0.0.1", functions: 5002 },
});

export async function submitted(): Promise<string> {
  const { jobId, path, credits } = await mf.generateImage({ prompt: "a lighthouse", count: 2 });
  const estimated: number = credits.estimated;
  await mf.generateVideo({ prompt: "waves", durationSeconds: 4 });
  // @ts-expect-error: a video has no count
  await mf.generateVideo({ prompt: "waves", count: 2 });
  // @ts-expect-error: it is a number
  await mf.generateImage({ prompt: "a lighthouse", count: "2" });
  // @ts-expect-error: there is no such field
  await mf.generateImage({ promt: "a lighthouse" });
  // @ts-expect-error: it needs a name
  await mf.trainBrand({ referencePackId: "p" });
  // @ts-expect-error: there is no such callable
  await mf.generateSong({ prompt: "la" });
  return `${jobId} ${path} ${estimated}`;
}

export async function batches(): Promise<void> {
  await mf.submitBatch({
    name: "Both",
    rows: [
      { prompt: "a", count: 2 },
      { kind: "video", prompt: "b", durationSeconds: 4 },
    ],
  });
  // @ts-expect-error: its kind says that it is a video
  await mf.submitBatch({ name: "Wrong", rows: [{ kind: "video", prompt: "b", count: 2 }] });
  await mf.controlBatch({ batchId: "b", action: "setPriority", priority: "high" });
  // @ts-expect-error: this action needs a priority
  await mf.controlBatch({ batchId: "b", action: "setPriority" });
  for await (const row of mf.rows("b")) row.status satisfies Job["status"];
}

export function shown(job: Job): string | undefined {
  // @ts-expect-error: a job that is not completed may have made nothing
  job.generation_data.image_urls;
  if (job.status !== "completed") return job.error?.message;
  if (job.kind === "video") return job.generation_data.video_url;
  // @ts-expect-error: a picture has no such address for certain
  job.generation_data.video_url satisfies string;
  return job.generation_data.image_urls[0];
}

export async function results(path: string): Promise<CompletedJob> {
  for await (const { status } of mf.statuses(path, { signal: AbortSignal.timeout(1000) })) {
    status satisfies "queued" | "processing" | "completed" | "failed" | "cancelled";
  }
  return mf.result(path);
}

export function explained(error: unknown): string {
  if (error instanceof GenerationFailed) return error.view.status;
  if (!(error instanceof MediaForgeError)) throw error;
  const details: Refusal | undefined = error.details;
  switch (details?.reason) {
    case "insufficient-credits":
      return `${details.required - details.available}`;
    case "rate-limited":
      // @ts-expect-error: that is a number of another refusal
      details.required;
      return `${details.retryAfterSeconds}`;
    default:
      return `${error.reason} ${error.fieldErrors.map(({ field }) => field).join()} ${error.retryable}`;
  }
}

export async function written(): Promise<void> {
  const { id, version } = await mf.packs.save({ name: "x", references: [{ path: "p", mode: "style_only" }] });
  version satisfies number;
  await mf.packs.save({ id, name: "x", references: [], visibility: "team", team_id: "t" });
  // @ts-expect-error: the version is not the app's to set
  await mf.packs.save({ name: "x", references: [], version: 3 });
  // @ts-expect-error: there is no such choice
  await mf.comparisons.vote("c", "both");
}

export async function listed(): Promise<number> {
  let sum = 0;
  for await (const page of mf.ledger({ teamId: "t", pageSize: 5 }))
    for (const { amount } of page) sum += amount;
  for await (const page of mf.apiKeys({ pageSize: 5 }))
    for (const { credits_a_day } of page) sum += credits_a_day ?? 0;
  return sum;
}

// Every callable of the contract is a method.
export const methods: { [Name in keyof Callables]: (request: never) => Promise<Callables[Name]["answer"]> } =
  mf;
