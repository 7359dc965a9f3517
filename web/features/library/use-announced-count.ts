import { useEffect, useRef } from "react";
import { announce } from "@/parts/live-region";
import { library as words } from "@/words/library";

const PAUSE_MS = 700;

/** Says how many there are, once a search is over: not the first one, which nobody has asked for. */
export function useAnnouncedCount(store: object | undefined, count: number, state: string | undefined) {
  const first = useRef<object>(undefined);
  const told = useRef<object>(undefined);
  useEffect(() => {
    first.current ??= store;
    if (!store || store === first.current || store === told.current || !state || state === "loading") return;
    const timer = setTimeout(() => {
      told.current = store;
      announce(words.count(count, state === "end"));
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [store, count, state]);
}
