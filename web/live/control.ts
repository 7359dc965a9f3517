// Cancelling and trying again, for every screen that shows a job or a batch.
import type { ControlBatchRequest } from "@mediaforge/client";
import { useSyncExternalStore } from "react";
import { mediaForge } from "./client";
import type { Generation } from "./generation";
import { failureOf } from "./store";

/** Of jobs whose cancel was asked for and is not final yet. */
let cancelling: ReadonlySet<string> = new Set();
const listeners = new Set<() => void>();

function tell(path: string, isAsked: boolean): void {
  const now = new Set(cancelling);
  if (isAsked) now.add(path);
  else now.delete(path);
  cancelling = now;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const NONE: ReadonlySet<string> = new Set();

/** The paths of the jobs that are being cancelled. */
export function useCancelling(): ReadonlySet<string> {
  return useSyncExternalStore(
    subscribe,
    () => cancelling,
    () => NONE,
  );
}

/**
 * Cancels it. Answers the price where that is charged and `acceptCharge` is not given: then nothing was
 * cancelled. A job that has ended meanwhile needs no cancel: its own state says so.
 */
export async function cancelJob(
  { fileUid, path }: Pick<Generation, "fileUid" | "path">,
  acceptCharge = false,
): Promise<number | undefined> {
  tell(path, true);
  try {
    const mf = await mediaForge();
    await mf.controlJob({ jobId: fileUid, action: "cancel", ...(acceptCharge && { acceptCharge }) });
    setTimeout(() => tell(path, false), 5000); // the listener has said by then how it ended
    return undefined;
  } catch (error) {
    tell(path, false);
    const { details } = error as { details?: { reason?: string; credits?: number } };
    if (details?.reason === "cancel-is-charged") return details.credits ?? 0;
    if (details?.reason === "illegal-state") return undefined;
    throw failureOf(error);
  }
}

/** Submits a failed or cancelled job again, as a new one. Asked twice, the same new job is answered. */
export async function retryJob({ fileUid }: Pick<Generation, "fileUid">): Promise<void> {
  const mf = await mediaForge();
  await mf.controlJob({ jobId: fileUid, action: "retry" });
}

/** Throws the client's error, with its `reason` and its `fieldErrors`. */
export async function controlBatch(request: ControlBatchRequest): Promise<void> {
  await (await mediaForge()).controlBatch(request);
}
