import { useCallback, useEffect, useReducer, useState } from "react";
import { keepDraft, readDraft } from "@/kept/drafts";
import type { SubmitBatchRequest } from "./actions";
import { type Draft, emptyDraft } from "./draft";

/** A batch on its way: on the disk before it is sent, so that a reload sends the same one again. */
export interface Sent {
  readonly request: SubmitBatchRequest;
  readonly places: readonly number[];
}

interface Kept {
  readonly draft: Draft;
  readonly sent: Sent | undefined;
}

interface State extends Kept {
  readonly past: readonly Draft[];
  readonly future: readonly Draft[];
}

type Change =
  | { readonly does: "change"; readonly how: (draft: Draft) => Draft }
  | { readonly does: "undo" | "redo" }
  | { readonly does: "begin"; readonly kept: Kept }
  | { readonly does: "sent"; readonly sent: Sent | undefined };

const STEPS_MAX = 100;

export const newKey = (): string => crypto.randomUUID();

function reduce(state: State | undefined, change: Change): State | undefined {
  if (change.does === "begin") return { ...change.kept, past: [], future: [] };
  if (!state) return state;
  const { draft, past, future } = state;
  switch (change.does) {
    case "change": {
      const now = change.how(draft);
      if (now === draft) return state;
      return { ...state, draft: now, past: [...past, draft].slice(-STEPS_MAX), future: [] };
    }
    case "undo": {
      const before = past.at(-1);
      if (!before) return state;
      return { ...state, draft: before, past: past.slice(0, -1), future: [draft, ...future] };
    }
    case "redo": {
      const [after, ...rest] = future;
      if (!after) return state;
      return { ...state, draft: after, past: [...past, draft], future: rest };
    }
    case "sent":
      return { ...state, sent: change.sent };
  }
}

/** The draft of this name, kept at every change. Undefined while it is read. */
export function useDraft(uid: string | undefined, name: string) {
  const [state, dispatch] = useReducer(reduce, undefined);
  const [keptAt, setKeptAt] = useState<number>();
  const draft = state?.draft;
  const sent = state?.sent;

  useEffect(() => {
    if (!uid) return;
    let isOver = false;
    const begin = (kept: Kept | undefined) => {
      if (isOver) return;
      dispatch({ does: "begin", kept: kept ?? { draft: emptyDraft(newKey), sent: undefined } });
    };
    readDraft<Kept>(uid, name).then(begin, () => begin(undefined));
    return () => {
      isOver = true;
    };
  }, [uid, name]);

  useEffect(() => {
    if (!uid || !draft) return;
    let isOver = false;
    keepDraft(uid, name, { draft, sent }).then(
      () => isOver || setKeptAt(Date.now()),
      () => isOver || setKeptAt(undefined), // the disk is full, or forbidden: the page says "not kept"
    );
    return () => {
      isOver = true;
    };
  }, [uid, name, draft, sent]);

  const change = useCallback((how: (draft: Draft) => Draft) => dispatch({ does: "change", how }), []);
  const undo = useCallback(() => dispatch({ does: "undo" }), []);
  const redo = useCallback(() => dispatch({ does: "redo" }), []);

  /** Keeps what is about to be sent; resolves once it is on the disk, or cannot be. */
  const keepSent = async (now: Sent | undefined) => {
    if (uid && draft) await keepDraft(uid, name, { draft, sent: now }).catch(() => {});
    dispatch({ does: "sent", sent: now });
  };
  /** The batch was accepted: the next one begins with what was left of it, else empty. */
  const finish = async (left?: Draft) => {
    const kept = { draft: left ?? emptyDraft(newKey), sent: undefined };
    if (uid) await keepDraft(uid, name, kept).catch(() => {});
    dispatch({ does: "begin", kept });
  };
  const canUndo = Boolean(state?.past.length);
  const canRedo = Boolean(state?.future.length);
  return { draft, sent, keptAt, change, undo, redo, canUndo, canRedo, keepSent, finish };
}
