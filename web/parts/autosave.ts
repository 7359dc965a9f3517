// Documents that are saved with every change: a second after the last one, one save at a time.
import { useEffect, useRef, useState } from "react";

const AFTER_MS = 1000;

/** A document that is on the server; without an `id` it is not there yet. */
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
) => Promise<{ id: string; version: number }>;

export interface Autosave<T> {
  readonly value: T;
  readonly set: (change: Partial<T> | ((before: T) => Partial<T>)) => void;
  readonly id: string | undefined;
  readonly version: number;
  readonly state: "saved" | "unsaved" | "clash" | "failed";
  readonly failure: { readonly reason: string; readonly message: string } | undefined;
  /** After a clash: writes what is here over what is there. After a failure: tries again. */
  readonly again: () => void;
}

/**
 * `isWhole`: it can be saved as it is. The first document given is the one that is edited: another one needs
 * another `key`.
 */
export function useAutosave<T extends object>(
  stored: Stored<T>,
  save: Save<T>,
  isWhole: (value: T) => boolean,
): Autosave<T> {
  const [value, setValue] = useState(stored.value);
  const [server, setServer] = useState(stored);
  const [failure, setFailure] = useState<Autosave<T>["failure"]>();
  const [isForced, setForced] = useState(false);
  const isSaving = useRef(false);
  const [done, setDone] = useState(0);
  const isChanged = value !== server.value;
  const latest = useRef(save);
  latest.current = save;
  const mayBeSaved = isChanged && isWhole(value) && !failure;

  // `done`: a save that has ended is followed by the next, where there was a change meanwhile.
  useEffect(() => {
    if (!mayBeSaved) return;
    const timer = setTimeout(() => {
      if (isSaving.current) return;
      isSaving.current = true;
      const from = isForced || !server.id ? undefined : server.version;
      latest
        .current(value, server.id, from)
        .then(
          ({ id, version }) => {
            setForced(false);
            setServer({ value, id, version });
          },
          (error: { reason?: string; message?: string }) =>
            setFailure({ reason: error.reason ?? "unknown", message: error.message ?? "" }),
        )
        .finally(() => {
          isSaving.current = false;
          setDone((n) => n + 1);
        });
    }, AFTER_MS);
    return () => clearTimeout(timer);
  }, [value, mayBeSaved, isForced, server.id, server.version, done]);

  const isClash = failure?.reason === "version-changed";
  return {
    value,
    set: (change) => {
      setValue((before) => ({ ...before, ...(typeof change === "function" ? change(before) : change) }));
      if (!isClash) setFailure(undefined);
    },
    id: server.id,
    version: server.version,
    state: isClash ? "clash" : failure ? "failed" : isChanged ? "unsaved" : "saved",
    failure,
    again: () => {
      setForced(isClash);
      setFailure(undefined);
    },
  };
}
