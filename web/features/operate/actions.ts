import type { ControlAccountRequest, Inspected } from "@mediaforge/client";
import { mediaForge } from "@/live/client";

export type {
  AccountInspected,
  BreakerShown,
  CheckShown,
  EntryShown,
  FuseShown,
  Inspected,
  LetterShown,
  QueueShown,
  StuckJob,
} from "@mediaforge/client";

const LISTED = 100; // as many as the backend lists

/** All that an operator has to know, and this account. */
export async function inspect(accountId: string | undefined): Promise<Inspected> {
  return (await mediaForge()).inspect({ limit: LISTED, ...(accountId && { accountId }) });
}

/** Answers the new job; undefined for a row of a batch, which gets its job with its slot. */
export async function replayLetter(jobId: string, reason: string): Promise<string | undefined> {
  const mf = await mediaForge();
  return (await mf.controlDeadLetter({ jobId, action: "replay", reason })).replayedAs;
}

export async function purgeLetter(jobId: string, reason: string): Promise<void> {
  await (await mediaForge()).controlDeadLetter({ jobId, action: "purge", reason });
}

export async function controlAccount(request: ControlAccountRequest): Promise<void> {
  await (await mediaForge()).controlAccount(request);
}
