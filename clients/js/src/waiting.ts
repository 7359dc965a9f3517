import type { MediaForgeError } from "./errors.js";
import { errorOf } from "./errors.js";

/** Ends a listener. Called again, it does nothing. */
export type Unsubscribe = () => void;
export type Next<T> = (value: T) => void;
export type Fail = (error: MediaForgeError) => void;

/** The promise; rejects with the signal's own reason once that is aborted, as `fetch` does. */
export async function unlessAborted<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return promise;
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** Resolves after so many milliseconds. */
export async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    await unlessAborted(
      new Promise<void>((resolve) => {
        timer = setTimeout(resolve, milliseconds);
      }),
      signal,
    );
  } finally {
    clearTimeout(timer);
  }
}

/** Listens to what has to be loaded first. Nothing is called any more once it was ended, or has failed. */
export function subscribe<T>(
  start: (next: Next<T>, fail: Fail) => Promise<Unsubscribe>,
  next: Next<T>,
  fail: Fail = (error) => console.error(error),
): Unsubscribe {
  let isOver = false;
  let stop: Unsubscribe = () => {};
  const end = () => {
    isOver = true;
    stop();
  };
  const failed = (error: unknown) => {
    if (isOver) return;
    end();
    fail(errorOf(error));
  };
  start((value) => isOver || next(value), failed).then((started) => {
    stop = started;
    if (isOver) stop();
  }, failed);
  return end;
}

/**
 * Each value that a listener is told, up to the one that `isLast`. It listens while the iteration goes
 * on, and keeps what comes meanwhile. An aborted signal ends it with the signal's reason.
 */
export async function* iterate<T>(
  listen: (next: Next<T>, fail: Fail) => Unsubscribe,
  isLast: (value: T) => boolean,
  signal?: AbortSignal,
): AsyncGenerator<T, void, void> {
  signal?.throwIfAborted();
  const values: T[] = [];
  let failure: { readonly error: unknown } | undefined;
  let wake = () => {};
  const fail = (error: unknown) => {
    failure ??= { error };
    wake();
  };
  const abort = () => fail(signal?.reason);
  signal?.addEventListener("abort", abort);
  const stop = listen((value) => {
    values.push(value);
    wake();
  }, fail);
  try {
    for (;;) {
      for (let value = values.shift(); value !== undefined; value = values.shift()) {
        signal?.throwIfAborted();
        yield value;
        if (isLast(value)) return;
      }
      if (failure) throw failure.error;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    stop();
    signal?.removeEventListener("abort", abort);
  }
}
