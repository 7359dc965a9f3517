import { httpsCallable } from "firebase/functions";
import { CALLABLES } from "./callables.js";
import { type Connection, newId } from "./connection.js";
import { errorOf, type MediaForgeError } from "./errors.js";
import type { Callables } from "./types.js";
import { pause, unlessAborted } from "./waiting.js";

export interface CallOptions {
  /**
   * Stops waiting, and sending again. What the backend has accepted by then it does: the same
   * `requestId` again gets the answer.
   */
  readonly signal?: AbortSignal | undefined;
}

const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 500;
/** An error after which it is not known whether the backend has done it. */
const UNKNOWN: readonly string[] = ["network", "busy", "internal"];

/**
 * Calls a function, and sends the request again, as it was, where the network or the backend was
 * busy. A request that may have a `requestId` is given one. Throws `MediaForgeError`.
 */
export async function call<Name extends keyof Callables>(
  connection: Connection,
  name: Name,
  request: Callables[Name]["request"] | undefined,
  { signal }: CallOptions = {},
): Promise<Callables[Name]["answer"]> {
  const { hasRequestId, isRepeated } = CALLABLES[name];
  const sent: object & { requestId?: string | null } = { ...request };
  if (hasRequestId) sent.requestId ??= newId();
  const callable = httpsCallable<unknown, Callables[Name]["answer"]>(connection.functions, name);
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    const error = await unlessAborted(callable(sent), signal).catch((thrown: unknown) => {
      signal?.throwIfAborted();
      return errorOf(thrown, sent.requestId ?? undefined);
    });
    if (!("reason" in error)) return error.data;
    if (!error.retryable || attempt === ATTEMPTS) throw error;
    if (error.reason === "internal" && attempt > 1) throw error;
    if (!isRepeated && UNKNOWN.includes(error.reason)) throw error;
    await pause(pauseMs(error, attempt), signal);
  }
}

/** As long as the backend says, else twice as long each time; and up to a quarter more. */
function pauseMs({ details }: MediaForgeError, attempt: number): number {
  const { retryAfterSeconds } = (details ?? {}) as { retryAfterSeconds?: number };
  const least = retryAfterSeconds ? retryAfterSeconds * 1000 : FIRST_PAUSE_MS * 2 ** (attempt - 1);
  return least * (1 + Math.random() / 4);
}
