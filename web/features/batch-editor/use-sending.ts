import { useCallback, useEffect, useState } from "react";
import type { Refused } from "@/kept/unsent";
import { type SubmitBatchRequest, submit } from "./actions";
import type { Sent } from "./use-draft";

const PAUSES_S = [1, 2, 4, 8, 15, 30, 60];

interface Thrown extends Partial<Refused> {
  readonly retryable?: boolean;
}

export type Sending = "no" | "sending" | "waiting";

/**
 * Sends what is kept, and again after a reload or a lost line, always as the same batch. `onAccepted` and
 * `onRefused` have to be stable.
 */
export function useSending(
  sent: Sent | undefined,
  onAccepted: (batchId: string, sent: Sent) => void,
  onRefused: (refused: Refused, sent: Sent) => void,
): Sending {
  const [isWaiting, setIsWaiting] = useState(false);

  const deliver = useCallback(
    async (of: Sent, signal: AbortSignal) => {
      for (let attempt = 0; !signal.aborted; attempt += 1) {
        try {
          const { batchId } = await submit(of.request as SubmitBatchRequest, signal);
          if (!signal.aborted) onAccepted(batchId, of);
          return;
        } catch (error) {
          if (signal.aborted) return;
          const { reason = "unknown", message = "", details, fieldErrors = [], retryable } = error as Thrown;
          if (!retryable) return onRefused({ reason, message, details, fieldErrors }, of);
          setIsWaiting(true);
          await pause(PAUSES_S[Math.min(attempt, PAUSES_S.length - 1)] ?? 60, signal);
        }
      }
    },
    [onAccepted, onRefused],
  );

  useEffect(() => {
    if (!sent) return;
    const ending = new AbortController();
    setIsWaiting(!navigator.onLine);
    void deliver(sent, ending.signal);
    return () => ending.abort();
  }, [sent, deliver]);

  if (!sent) return "no";
  return isWaiting ? "waiting" : "sending";
}

/** Ends early when the line is back. */
function pause(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      window.removeEventListener("online", end);
      resolve();
    };
    const timer = setTimeout(end, seconds * 1000);
    window.addEventListener("online", end);
    signal.addEventListener("abort", end);
  });
}
