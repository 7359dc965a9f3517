import { useEffect, useRef } from "react";
import { currentSettings } from "@/kept/settings";

interface Keys {
  readonly previous: (() => void) | undefined;
  readonly next: (() => void) | undefined;
  readonly choose: (n: number) => void;
}

const OWN = "input, textarea, select, video, [role=menu], [role=alertdialog], [contenteditable=true]";

/** Arrows go through the list, numbers through the pictures; not where a field or a player takes them. */
export function useDetailKeys(keys: Keys): void {
  const now = useRef(keys);
  useEffect(() => {
    now.current = keys;
  });
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const { target, key } = event;
      const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey;
      if (!isPlain || event.defaultPrevented || (target instanceof Element && target.closest(OWN))) return;
      if (key === "ArrowLeft") now.current.previous?.();
      else if (key === "ArrowRight") now.current.next?.();
      else if (/^[1-4]$/.test(key) && currentSettings().singleKeys) now.current.choose(Number(key) - 1);
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
}
