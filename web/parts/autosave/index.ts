// A form whose document is saved with every change. What is not saved yet outlives a reload of its tab.
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { draftOfTab, keepDraftOfTab } from "@/kept/drafts";
import { currentUid } from "@/live/session";
import { createSaver, type Save, type Saver, type Saving, type Stored } from "./saver";

export type { Change, Save, Saving, Stored } from "./saver";

export interface Autosave<T> extends Saving<T>, Pick<Saver<T>, "set" | "again"> {}

interface Given<T> {
  readonly stored: Stored<T>;
  readonly save: Save<T>;
  /** It can be saved as it is. */
  readonly isWhole: (value: T) => boolean;
  /** What drafts of such documents are kept under. */
  readonly name: string;
  /** It begins with the draft of this tab, where there is one. */
  readonly takesDraft: boolean;
}

/** The document that is given first is the one that is edited: another one needs another `key`. */
export function useAutosave<T extends object>({
  stored,
  save,
  isWhole,
  name,
  takesDraft,
}: Given<T>): Autosave<T> {
  const latest = useRef(save);
  latest.current = save;
  const [saver] = useState(() => {
    const uid = currentUid() ?? "";
    let slot = `${name}/${stored.id ?? "new"}`;
    if (!takesDraft) keepDraftOfTab(uid, slot, undefined); // what it begins with stands in its place
    return createSaver<T>({
      stored,
      draft: takesDraft ? draftOfTab<Stored<T>>(uid, slot) : undefined,
      save: async (...given) => {
        const saved = await latest.current(...given);
        keepDraftOfTab(uid, slot, undefined); // what was new has an id now
        slot = `${name}/${saved.id}`;
        return saved;
      },
      isWhole,
      keep: (draft) => keepDraftOfTab(uid, slot, draft),
    });
  });
  const now = useSyncExternalStore(saver.subscribe, saver.read, saver.read);
  useEffect(() => {
    const flush = () => document.hidden && saver.flush();
    document.addEventListener("visibilitychange", flush);
    return () => {
      document.removeEventListener("visibilitychange", flush);
      saver.flush();
    };
  }, [saver]);
  return { ...now, set: saver.set, again: saver.again };
}
