import { useSearchParams } from "next/navigation";
import { useCallback, useEffect, useMemo, useRef } from "react";
import { type Address, read, write } from "./filters";

/** The screen as its address names it, and how to go to another one. */
export function useAddress() {
  const query = useSearchParams();
  const address = useMemo(() => read(query), [query]);
  const latest = useRef(address);
  const wasPushed = useRef(false);
  useEffect(() => {
    latest.current = address;
    if (!address.open) wasPushed.current = false;
  }, [address]);

  const go = useCallback((change: Partial<Address>, how: "push" | "replace" = "push") => {
    const next = { ...latest.current, ...change };
    latest.current = next; // a second change may come before the first is drawn
    const target = window.location.pathname + write(next);
    if (how === "push") window.history.pushState(null, "", target);
    else window.history.replaceState(null, "", target);
  }, []);
  const open = useCallback(
    (path: string) => {
      const isOver = Boolean(latest.current.open);
      if (!isOver) wasPushed.current = true;
      go({ open: path }, isOver ? "replace" : "push");
    },
    [go],
  );
  /** As Back does: no closed layer stays in the history. */
  const close = useCallback(() => {
    if (wasPushed.current) window.history.back();
    else go({ open: undefined }, "replace");
  }, [go]);
  return { address, go, open, close };
}
