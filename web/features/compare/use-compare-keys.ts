import { useEffect, useRef } from "react";
import { currentSettings } from "@/kept/settings";
import { useShortcuts } from "@/parts/keys";
import type { Choice } from "./actions";

interface Keys {
  readonly flick: () => void;
  readonly swap: () => void;
  readonly vote: (choice: Choice) => void;
  readonly walk: (side: "left" | "right", step: 1 | -1) => void;
}

/** Fields, players, the divider and what scrolls take arrows for themselves. */
const OWN =
  "input, textarea, select, video, summary, section[tabindex], [contenteditable=true], " +
  "[role=slider], [role=menu], [role=dialog]";
const CHOICES: Readonly<Record<string, Choice>> = { "1": "left", "2": "right", "0": "tie" };

export function useCompareKeys(keys: Keys): void {
  const now = useRef(keys);
  useEffect(() => {
    now.current = keys;
  });
  useShortcuts({ flick: keys.flick, swap: keys.swap });
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const { key, target, shiftKey } = event;
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (target instanceof Element && target.closest(OWN)) return;
      const step = key === "ArrowLeft" ? -1 : key === "ArrowRight" ? 1 : undefined;
      const choice = CHOICES[key];
      if (step) now.current.walk(shiftKey ? "left" : "right", step);
      else if (choice && currentSettings().singleKeys) now.current.vote(choice);
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
}
