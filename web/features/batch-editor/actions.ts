// What the editor asks of the backend.
import type { EstimateCreditsRequest, SubmitBatchRequest } from "@mediaforge/client";
import { mediaForge } from "@/live/client";

export type {
  BatchRow,
  EstimatedRequest,
  GenerateImageRequest,
  GenerateVideoRequest,
  SubmitBatchRequest,
  Suggestion,
  WrongField,
  WrongRequest,
} from "@mediaforge/client";

export async function estimate(request: EstimateCreditsRequest, signal: AbortSignal) {
  return (await mediaForge()).estimateCredits(request, { signal });
}

/** The same `requestId` again is the same batch, charged once. */
export async function submit(request: SubmitBatchRequest, signal: AbortSignal) {
  return (await mediaForge()).submitBatch(request, { signal });
}

/** The rows of a batch as they were sent, to begin another one with. */
export async function rowsOf(batchId: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const mf = await mediaForge();
  return new Promise((resolve, reject) => {
    const stop = mf.watchRows(
      batchId,
      (rows) => {
        stop();
        resolve(rows.map(({ kind, request_data }) => ({ kind, ...request_data })));
      },
      reject,
    );
  });
}
