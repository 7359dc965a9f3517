// Settings of this browser. In localStorage, because the first frame already needs them.
import { useSyncExternalStore } from "react";

export interface Settings {
  /** Enter in the prompt bar generates; off: it breaks the line. */
  readonly enterSends: boolean;
  /** Shortcuts of one letter. */
  readonly singleKeys: boolean;
  /** Films play by themselves, without sound. */
  readonly autoplay: boolean;
  /** After Generate the prompt is selected, so that typing replaces it. */
  readonly selectAfterSend: boolean;
  /** The height of a row in the library. */
  readonly density: "small" | "medium" | "large";
}

export const DEFAULTS: Settings = {
  enterSends: true,
  singleKeys: true,
  autoplay: false,
  selectAfterSend: false,
  density: "medium",
};
const KEY = "mf-settings";
const listeners = new Set<() => void>();
let text: string | null | undefined;
let now: Settings = DEFAULTS;

export function currentSettings(): Settings {
  const kept = localStorage.getItem(KEY);
  if (kept === text) return now;
  text = kept;
  try {
    now = { ...DEFAULTS, ...(JSON.parse(kept ?? "{}") as Partial<Settings>) };
  } catch {
    now = DEFAULTS; // somebody else's value under our name
  }
  return now;
}

export function changeSettings(change: Partial<Settings>): void {
  localStorage.setItem(KEY, JSON.stringify({ ...currentSettings(), ...change }));
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("storage", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", listener);
  };
}

export function useSettings(): Settings {
  return useSyncExternalStore(subscribe, currentSettings, () => DEFAULTS);
}

export type Theme = "system" | "light" | "dark";
const THEME = "mf-theme";

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, chosenTheme, () => "system");
}

function chosenTheme(): Theme {
  const chosen = localStorage.getItem(THEME);
  return chosen === "light" || chosen === "dark" ? chosen : "system";
}

/** As public/theme.js does before the first paint. */
export function chooseTheme(theme: Theme): void {
  if (theme === "system") localStorage.removeItem(THEME);
  else localStorage.setItem(THEME, theme);
  const isDark = theme === "system" ? matchMedia("(prefers-color-scheme: dark)").matches : theme === "dark";
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
  for (const listener of listeners) listener();
}
