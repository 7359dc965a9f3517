// What the page of a batch asks of the backend. Each throws the client's error with its `reason`.
import type { ExportFormat, ShareRole } from "@mediaforge/client";
import type { BatchShare, Listed, ShareInvite } from "@/live/batches";
import { mediaForge } from "@/live/client";

export type { ExportFormat } from "@mediaforge/client";

/** The code is said this once. */
export async function invite(batchId: string, role: ShareRole): Promise<string> {
  const answer = await (await mediaForge()).controlBatch({ batchId, action: "invite", role });
  return "code" in answer ? answer.code : "";
}

export interface Readers {
  readonly shares: readonly Listed<BatchShare>[];
  readonly invites: readonly ShareInvite[];
}

export async function readersOf(batchId: string): Promise<Readers> {
  const mf = await mediaForge();
  const [shares, invites] = await Promise.all([
    mf.shares.of(batchId).next(),
    mf.shares.invites(batchId).next(),
  ]);
  return {
    shares: (shares.value ?? []).filter(({ revoked_at }) => !revoked_at),
    invites: invites.value ?? [],
  };
}

export async function endShare(batchId: string, uid: string): Promise<void> {
  await (await mediaForge()).shares.end(batchId, uid);
}

export async function revokeInvite(batchId: string, inviteId: string): Promise<void> {
  await (await mediaForge()).shares.revokeInvite(batchId, inviteId);
}

export async function addComment(batchId: string, text: string, row: number | undefined): Promise<void> {
  await (await mediaForge()).comments.add(batchId, row === undefined ? { text } : { text, row });
}

export async function removeComment(batchId: string, commentId: string): Promise<void> {
  await (await mediaForge()).comments.remove(batchId, commentId);
}

/** Answers the path of the export's document. */
export async function askExport(batchId: string, format: ExportFormat): Promise<string> {
  return (await (await mediaForge()).exportBatch({ batchId, format })).path;
}

/** Credits of one request; undefined where it would be refused, with why. */
export async function priceOf(
  request: Readonly<Record<string, unknown>>,
  teamId: string | undefined,
  signal: AbortSignal,
): Promise<{ credits?: number; faults: readonly { field: string; message: string }[] }> {
  const requests = [request];
  const { items } = await (await mediaForge()).estimateCredits(
    { requests, ...(teamId && { teamId }) },
    { signal },
  );
  const [item] = items;
  if (!item) return { faults: [] };
  if ("credits" in item) return { credits: item.credits, faults: [] };
  return { faults: item.fieldErrors.map(({ field = "", message = "" }) => ({ field, message })) };
}
