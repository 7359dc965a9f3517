// The keyboard map. One table: `?` shows it, and what is pressed is looked up in it.
import { useEffect, useLayoutEffect, useRef } from "react";
import type { keys as words } from "@/words/en";

export interface Shortcut {
  /** In order, as `KeyboardEvent.key`; `mod` is Ctrl, on a Mac ⌘. */
  readonly keys: string;
  readonly id: keyof typeof words;
  readonly where: "everywhere" | "page" | "form" | "grid" | "details" | "compare" | "sheet" | "editor";
}

/** Those that a screen handles by itself stand here to be shown. */
export const SHORTCUTS: readonly Shortcut[] = [
  { keys: "mod+Enter", id: "generate", where: "form" },
  { keys: "mod+k", id: "commands", where: "everywhere" },
  { keys: "/", id: "search", where: "page" },
  { keys: "g c", id: "create", where: "page" },
  { keys: "g l", id: "library", where: "page" },
  { keys: "g b", id: "batches", where: "page" },
  { keys: "g p", id: "packs", where: "page" },
  { keys: "g t", id: "templates", where: "page" },
  { keys: "g r", id: "brands", where: "page" },
  { keys: "g j", id: "jobs", where: "page" },
  { keys: "g a", id: "account", where: "page" },
  { keys: "?", id: "shortcuts", where: "page" },
  { keys: "← → ↑ ↓ Home End PgUp PgDn", id: "move", where: "grid" },
  { keys: "Enter", id: "open", where: "grid" },
  { keys: "Space", id: "select", where: "grid" },
  { keys: "mod+a", id: "selectAll", where: "grid" },
  { keys: "f", id: "favourite", where: "grid" },
  { keys: "t", id: "tag", where: "grid" },
  { keys: "c", id: "compare", where: "grid" },
  { keys: "u", id: "useAgain", where: "grid" },
  { keys: "v", id: "variations", where: "grid" },
  { keys: "d", id: "download", where: "grid" },
  { keys: "Delete", id: "delete", where: "grid" },
  { keys: "mod+z", id: "undo", where: "grid" },
  { keys: "← →", id: "next", where: "details" },
  { keys: "1 – 4", id: "picture", where: "details" },
  { keys: "z", id: "zoom", where: "details" },
  { keys: "i", id: "info", where: "details" },
  { keys: "Esc", id: "close", where: "details" },
  { keys: "← →", id: "divider", where: "compare" },
  { keys: "x", id: "flick", where: "compare" },
  { keys: "s", id: "swap", where: "compare" },
  { keys: "1 2 0", id: "vote", where: "compare" },
  { keys: "↑ ↓ Tab Enter F2 Esc", id: "cells", where: "sheet" },
  { keys: "Alt+↑ Alt+↓", id: "reorder", where: "editor" },
];

type Handlers = Partial<Record<Shortcut["id"], (event: KeyboardEvent) => void>>;

/** Without handlers: a layer, which covers what registered before it. */
const registered: { readonly current: Handlers | undefined }[] = [];
const SEQUENCE_MS = 1200;
let pending: { readonly key: string; readonly at: number } | undefined;

/** What these shortcuts do while the component is mounted. The last one that registered goes first. */
export function useShortcuts(handlers: Handlers): void {
  const now = useRef(handlers);
  now.current = handlers;
  useEffect(() => {
    registered.push(now);
    return () => {
      registered.splice(registered.indexOf(now), 1);
    };
  }, []);
}

/** While it is open, only what is in the layer, and what goes elsewhere, has its keys. */
export function useCover(isOpen: boolean): void {
  // Before the effects in which what the layer has in it registers.
  useLayoutEffect(() => {
    if (!isOpen) return;
    const cover = { current: undefined };
    registered.push(cover);
    return () => {
      registered.splice(registered.indexOf(cover), 1);
    };
  }, [isOpen]);
}

/** What the shortcut does now. What a layer covers does nothing, but for what leads away from the page. */
function handlerOf({ id, where }: Shortcut): ((event: KeyboardEvent) => void) | undefined {
  const isCovering = where !== "everywhere" && where !== "page";
  const cover = isCovering ? registered.findLastIndex(({ current }) => !current) : -1;
  return registered.findLast(({ current }, at) => at > cover && current?.[id])?.current?.[id];
}

/** Whether keys go into what has the focus. */
function isTyping(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null;
  return Boolean(
    element?.closest?.("input, textarea, select, [contenteditable=true], [role=menu], [role=listbox]"),
  );
}

/** The shortcut that this press is, and what it does now. */
export function shortcutOf(
  event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey">,
  before: string | undefined,
): Shortcut | undefined {
  const isMod = event.ctrlKey || event.metaKey;
  if (event.altKey) return undefined;
  const pressed = isMod ? `mod+${event.key}` : event.key;
  return (
    (before && !isMod && SHORTCUTS.find(({ keys }) => keys === `${before} ${pressed}`)) ||
    SHORTCUTS.find(({ keys }) => keys === pressed)
  );
}

/** One listener for the whole page. `singleKeys()`: whether those without a modifier are on. */
export function listenToKeys(singleKeys: () => boolean): () => void {
  const press = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing) return;
    const isMod = event.ctrlKey || event.metaKey;
    // Single keys are characters: Delete is none (WCAG 2.1.4).
    const isOff = event.key.length === 1 && !singleKeys();
    const isField = isTyping(event.target);
    if (!isMod && (isField || isOff)) return;
    const before = pending && Date.now() - pending.at < SEQUENCE_MS ? pending.key : undefined;
    pending = !isMod && event.key === "g" ? { key: "g", at: Date.now() } : undefined;
    const shortcut = shortcutOf(event, before);
    // A field has an undo of its own.
    const isForeign = isField && shortcut?.where !== "form" && shortcut?.where !== "everywhere";
    const act = shortcut && !isForeign && handlerOf(shortcut);
    if (!act) return;
    event.preventDefault();
    act(event);
  };
  document.addEventListener("keydown", press);
  return () => document.removeEventListener("keydown", press);
}

/** As the keys are called on this machine. */
export function keysAsShown(keys: string): string {
  const isMac = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.platform);
  return keys
    .replace("mod+", isMac ? "⌘" : "Ctrl+")
    .replace(/\+([a-z])$/, (_, key: string) => `+${key.toUpperCase()}`);
}
