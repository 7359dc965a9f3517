// What is listened to. A store listens from its first user on, and until 30 s after its last one left: going
// back and forth between two screens then costs no reads.
import { useSyncExternalStore } from "react";
import { currentUid, onSession } from "./session";

const LINGER_MS = 30_000;
const REOPEN_MS = 5_000;
const MENDS: readonly string[] = ["network", "unavailable", "busy", "internal"];

/** What a listener has said. `value` stays when an error comes: it is then as of `asOf`. */
export interface Live<T> {
  readonly value: T | undefined;
  readonly error: Failure | undefined;
  /** When the value came, in ms; undefined while there is none. */
  readonly asOf: number | undefined;
}

/** Why something could not be read or done; `reason` is the contract's. */
export interface Failure {
  readonly reason: string;
  readonly message: string;
}

export type Open<T> = (next: (value: T) => void, fail: (failure: Failure) => void) => () => void;

export interface Store<T> {
  subscribe(listener: () => void): () => void;
  read(): Live<T>;
  /** Ends it; what it had said is forgotten. */
  close(): void;
  /** Asks anew where somebody uses it. */
  reopen(): void;
}

const NOTHING: Live<never> = { value: undefined, error: undefined, asOf: undefined };
let openCount = 0;

/** How many stores listen now; a test holds it to the budget. */
export function openListeners(): number {
  return openCount;
}

export function failureOf(error: unknown): Failure {
  const { reason = "unknown", message = String(error) } = (error ?? {}) as Partial<Failure>;
  return { reason, message };
}

export function createStore<T>(open: Open<T>): Store<T> {
  const users = new Set<() => void>();
  let live: Live<T> = NOTHING;
  let stop: (() => void) | undefined;
  let later: ReturnType<typeof setTimeout> | undefined;

  const tell = (now: Live<T>) => {
    live = now;
    for (const user of users) user();
  };
  const begin = () => {
    openCount += 1;
    let isOpen = true;
    let end: (() => void) | undefined;
    const shut = () => {
      if (!isOpen) return;
      isOpen = false;
      openCount -= 1;
      stop = undefined;
      end?.();
    };
    stop = shut;
    end = open(
      (value) => isOpen && tell({ value, error: undefined, asOf: Date.now() }),
      (error) => {
        if (!isOpen) return;
        shut();
        tell({ ...live, error });
        // Only a lost line mends itself; what is not allowed stays so.
        if (!MENDS.includes(error.reason)) return;
        later = setTimeout(() => users.size > 0 && !stop && begin(), REOPEN_MS);
      },
    );
  };
  const close = () => {
    clearTimeout(later);
    stop?.();
    live = NOTHING;
  };
  return {
    subscribe(user) {
      users.add(user);
      clearTimeout(later);
      if (!stop) begin();
      return () => {
        users.delete(user);
        if (users.size === 0) later = setTimeout(close, LINGER_MS);
      };
    },
    read: () => live,
    close() {
      close();
      for (const user of users) user();
    },
    reopen() {
      clearTimeout(later);
      stop?.();
      if (users.size > 0) begin();
    },
  };
}

/** A store for each key. All are closed and forgotten when somebody else signs in, or nobody is. */
export function createStores<T>(open: (key: string) => Open<T>): (key: string) => Store<T> {
  const stores = new Map<string, Store<T>>();
  let owner = currentUid();
  onSession(() => {
    if (currentUid() === owner) return;
    owner = currentUid();
    const before = [...stores.values()];
    stores.clear();
    for (const store of before) store.close();
  });
  return (key) => {
    const found = stores.get(key) ?? createStore(open(key));
    stores.set(key, found);
    return found;
  };
}

const none = () => () => {};

/** What the store says, now and whenever that changes; with no store, nothing. */
export function useLive<T>(store: Store<T> | undefined): Live<T> {
  return useSyncExternalStore<Live<T>>(store?.subscribe ?? none, store?.read ?? empty, empty);
}

function empty(): Live<never> {
  return NOTHING;
}
