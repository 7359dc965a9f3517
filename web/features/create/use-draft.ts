// The bar's draft, for whoever is signed in; kept in this browser with every change.
import { useEffect, useSyncExternalStore } from "react";
import { draftOfTab, forgetDraft, keepDraft, readDraft } from "@/kept/drafts";
import { type Fill, onFill } from "@/kept/fill";
import { currentUid, useSession, useUid } from "@/live/session";
import { toast } from "@/parts/toasts";
import { create as words } from "@/words/create";
import { app } from "@/words/en";
import { type Draft, EMPTY, type Picture } from "./draft";
import { draftOf } from "./draft-of";
import { clearLeftOut } from "./left-out-said";

const NAME = "create";
/** Of somebody who has not signed in yet. */
const GUEST = "guest";
const KEEP_AFTER_MS = 300;

let draft: Draft = EMPTY;
let owner: string | undefined;
/** Until it is known who it is, what is typed is nobody's, and is not kept. */
let isOwned = false;
/** Whether somebody has changed it on this page. */
let isTouched = false;
/** The draft of who is signed in, on its way from where it is kept. */
let loading: Promise<void> = Promise.resolve();
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

function show(now: Draft): void {
  draft = now;
  for (const listener of listeners) listener();
}

export function currentDraft(): Draft {
  return draft;
}

export function changeDraft(change: Partial<Draft> | ((before: Draft) => Draft)): void {
  isTouched = true;
  show(typeof change === "function" ? change(draft) : { ...draft, ...change });
  clearTimeout(timer);
  timer = setTimeout(keepNow, KEEP_AFTER_MS);
}

/** Keeps what is not kept yet. This tab has it when this returns, so that a page on its way out loses nothing. */
function keepNow(): void {
  if (timer === undefined) return;
  clearTimeout(timer);
  timer = undefined;
  if (isOwned) void keepDraft(owner ?? GUEST, NAME, draft).catch(() => {});
}

/** Puts something else into the bar. What stood there can be had back. */
export function replaceDraft(now: Draft): void {
  const before = draft;
  clearLeftOut();
  changeDraft(() => now);
  const losesPrompt = before.prompt.trim() !== "" && before.prompt !== now.prompt;
  const losesPicture = before.references.some(
    ({ path }) => !now.references.some((each) => each.path === path),
  );
  if (losesPrompt || losesPicture) {
    const undo = () => {
      clearLeftOut();
      changeDraft(() => before);
    };
    toast({ text: words.replaced, action: { label: app.undo, run: undo } });
  }
}

/** Pictures that were still on their way when the page went are not there any more. */
function restored(kept: Draft): Draft {
  const isThere = (picture: Picture | undefined) => picture?.path !== undefined;
  return {
    ...EMPTY,
    ...kept,
    references: kept.references.filter(isThere),
    firstFrame: isThere(kept.firstFrame) ? kept.firstFrame : undefined,
    lastFrame: isThere(kept.lastFrame) ? kept.lastFrame : undefined,
  };
}

async function load(uid: string | undefined): Promise<void> {
  const keepsTyped = owner === undefined && isTouched;
  const isBack = owner !== undefined && owner === uid && isTouched;
  keepNow();
  owner = uid;
  isOwned = true;
  // The screen was left, and pictures of it may still be on their way.
  if (isBack) return;
  const key = uid ?? GUEST;
  // Who types first and signs in then keeps what they have typed; whoever comes next does not find it.
  if (keepsTyped) {
    if (uid !== undefined) await forgetDraft(GUEST, NAME).catch(() => {});
    return changeDraft({});
  }
  isTouched = false;
  const own = draftOfTab<Draft>(key, NAME);
  show(own ? restored(own) : EMPTY);
  if (own) return;
  const newest = await readDraft<Draft>(key, NAME).catch(() => undefined);
  if (newest && !isTouched && currentUid() === uid) show(restored(newest));
}

/** Resolves once the draft is the user's own: what an address asks for comes into it then, not before. */
export function draftLoaded(): Promise<void> {
  return loading;
}

export function useDraft(): Draft {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    currentDraft,
    () => EMPTY,
  );
}

/** Once, by the screen: the draft of who is signed in, and what others put into the bar. */
export function useKeptDraft(): void {
  const { status } = useSession();
  const uid = useUid();
  useEffect(() => {
    // Until it is known who it is, what is typed waits for its owner.
    if (status !== "unknown") loading = load(uid);
  }, [status, uid]);
  useEffect(() => {
    const keep = () => document.hidden && keepNow();
    document.addEventListener("visibilitychange", keep);
    return () => document.removeEventListener("visibilitychange", keep);
  }, []);
  useEffect(() => onFill(({ kind, request }: Fill) => replaceDraft(draftOf(kind, request))), []);
}
