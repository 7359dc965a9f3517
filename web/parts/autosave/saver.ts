/** Saves a document with every change: a second after the last one, one save at a time. */

const AFTER_MS = 1000;
const CLASH = "version-changed";

/** A document as the server has it; without an `id` it is not there yet. */
export interface Stored<T> {
  readonly value: T;
  readonly id: string | undefined;
  readonly version: number;
}

/** Writes the next version. With `from`, it is refused with `version-changed` where that is not the last. */
export type Save<T> = (
  value: T,
  id: string | undefined,
  from: number | undefined,
) => Promise<{ readonly id: string; readonly version: number }>;

export interface SaveFailure {
  readonly reason: string;
  readonly message: string;
  /** After a clash: the version that there is elsewhere. */
  readonly version?: number;
}

export interface Saving<T> extends Stored<T> {
  readonly state: "saved" | "unsaved" | "clash" | "failed";
  readonly failure: SaveFailure | undefined;
}

export type Change<T> = Partial<T> | ((before: T) => Partial<T>);

export interface Saver<T> {
  readonly subscribe: (listener: () => void) => () => void;
  readonly read: () => Saving<T>;
  readonly set: (change: Change<T>) => void;
  /** After a clash: writes what is here over what is there. After a failure: tries again. */
  readonly again: () => void;
  /** Saves at once what waits to be saved: the page may be gone in a second. */
  readonly flush: () => void;
}

interface Given<T> {
  readonly stored: Stored<T>;
  /** What was changed before a reload, and of which version. */
  readonly draft: Stored<T> | undefined;
  readonly save: Save<T>;
  /** It can be saved as it is. */
  readonly isWhole: (value: T) => boolean;
  /** Told of each change that is not saved yet; undefined: all is saved. */
  readonly keep: (draft: Stored<T> | undefined) => void;
}

export function createSaver<T extends object>({ stored, draft, save, isWhole, keep }: Given<T>): Saver<T> {
  const listeners = new Set<() => void>();
  let saved: T | undefined = draft || !stored.id ? undefined : stored.value;
  let { value, id, version } = draft ?? stored;
  let failure: SaveFailure | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isSaving = false;

  const stateOf = (): Saving<T>["state"] => {
    if (failure) return failure.reason === CLASH ? "clash" : "failed";
    return value === saved ? "saved" : "unsaved";
  };
  let now: Saving<T> = { value, id, version, failure, state: stateOf() };
  const tell = () => {
    now = { value, id, version, failure, state: stateOf() };
    keep(value === saved ? undefined : { value, id, version });
    for (const listener of listeners) listener();
  };
  const waits = () => value !== saved && isWhole(value) && !failure && !isSaving;
  const later = () => {
    clearTimeout(timer);
    if (waits()) timer = setTimeout(() => void run(), AFTER_MS);
  };
  const run = async () => {
    clearTimeout(timer);
    if (!waits()) return;
    isSaving = true;
    const sent = value;
    try {
      ({ id, version } = await save(sent, id, id && version ? version : undefined));
      saved = sent;
    } catch (error) {
      const { reason = "unknown", message = String(error), version: theirs } = error as Partial<SaveFailure>;
      failure = { reason, message, ...(theirs && { version: theirs }) };
    }
    isSaving = false;
    tell();
    later(); // what was changed meanwhile
  };
  later(); // a draft, or a copy

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    read: () => now,
    set(change) {
      value = { ...value, ...(typeof change === "function" ? change(value) : change) };
      if (failure?.reason !== CLASH) failure = undefined;
      tell();
      later();
    },
    again() {
      // The one that was seen is written over, and no later one.
      if (failure?.reason === CLASH) version = failure.version ?? 0;
      failure = undefined;
      tell();
      void run();
    },
    flush: () => void run(),
  };
}
