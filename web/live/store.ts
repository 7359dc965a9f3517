// What is listened to. A store listens from its first user on, and until 30 s after its last one left: going
// back and forth between two screens then costs no reads. While the page is asleep (live/asleep.ts) none listens.
import { useSyncExternalStore } from "react";
import { currentUid, onSession } from "./session";

const LINGER_MS = 30_000;
const REOPEN_MS = 5_000;
const MENDS: readonly string[] = ["network", "unavailable", "busy", "internal"];
/** So many stores listen at once; more only where all of them have users. */
const LISTENERS_MAX = 9;

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

/** Returns what ends it. One that has nothing more to say calls `done`. */
export type Open<T> = (
  next: (value: T) => void,
  fail: (failure: Failure) => void,
  done: () => void,
) => () => void;

export interface Store<T> {
  subscribe(listener: () => void): () => void;
  read(): Live<T>;
  /** Ends it; what it had said is forgotten. */
  close(): void;
  /** Asks anew where somebody uses it. */
  reopen(): void;
}

const NOTHING: Live<never> = { value: undefined, error: undefined, asOf: undefined };

interface Listener {
  readonly end: () => void;
  /** Listens anew, where anybody still wants to know. */
  readonly again: () => void;
  readonly isNeeded: () => boolean;
  /** Whether what it has said is going on. */
  readonly isBusy: () => boolean;
}

/** Those that listen now, the first to begin first. */
const listeners = new Set<Listener>();
/** While the page is asleep: what begins when it wakes. */
let sleeping: Set<() => void> | undefined;
const wakers = new Set<() => void>();

/** How many stores listen now. */
export function openListeners(): number {
  return listeners.size;
}

/** Whether anything runs that the user would want to hear of. */
export function isAnythingBusy(): boolean {
  return [...listeners].some(({ isBusy }) => isBusy());
}

/** Ends all that listens; what it has said stays. */
export function fallAsleep(): void {
  if (sleeping) return;
  const all = [...listeners];
  sleeping = new Set(all.map(({ again }) => again));
  for (const { end } of all) end();
}

export function wakeUp(): void {
  if (!sleeping) return;
  const all = [...sleeping, ...wakers];
  sleeping = undefined;
  for (const again of all) again();
}

/** Called when the page wakes: what was read once may be old by then. Returns what ends it. */
export function onWake(waker: () => void): () => void {
  wakers.add(waker);
  return () => wakers.delete(waker);
}

/** Back and forth over many screens: those that nobody looks at any more make room for a new one. */
function makeRoom(): void {
  for (const { isNeeded, end } of [...listeners]) {
    if (listeners.size < LISTENERS_MAX) return;
    if (!isNeeded()) end();
  }
}

export function failureOf(error: unknown): Failure {
  const { reason = "unknown", message = String(error) } = (error ?? {}) as Partial<Failure>;
  return { reason, message };
}

/** `isBusy`: whether a value says that something is going on, which keeps the page awake. */
export function createStore<T>(open: Open<T>, isBusy: (value: T) => boolean = () => false): Store<T> {
  const users = new Set<() => void>();
  let live: Live<T> = NOTHING;
  let stop: (() => void) | undefined;
  let later: ReturnType<typeof setTimeout> | undefined;

  const tell = (now: Live<T>) => {
    live = now;
    for (const user of users) user();
  };
  const again = () => {
    if (users.size > 0 && !stop) begin();
  };
  const begin = () => {
    if (sleeping) {
      sleeping.add(again);
      return;
    }
    makeRoom();
    let isOpen = true;
    let end: (() => void) | undefined;
    const shut = () => {
      if (!isOpen) return;
      isOpen = false;
      listeners.delete(listener);
      stop = undefined;
      end?.();
    };
    const listener: Listener = {
      end: shut,
      again,
      isNeeded: () => users.size > 0,
      isBusy: () => live.value !== undefined && isBusy(live.value),
    };
    listeners.add(listener);
    stop = shut;
    end = open(
      (value) => isOpen && tell({ value, error: undefined, asOf: Date.now() }),
      (error) => {
        if (!isOpen) return;
        shut();
        tell({ ...live, error });
        // Only a lost line mends itself; what is not allowed stays so.
        if (MENDS.includes(error.reason)) later = setTimeout(again, REOPEN_MS);
      },
      () => listeners.delete(listener),
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
export function createStores<T>(
  open: (key: string) => Open<T>,
  isBusy?: (value: T) => boolean,
): (key: string) => Store<T> {
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
    const found = stores.get(key) ?? createStore(open(key), isBusy);
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
