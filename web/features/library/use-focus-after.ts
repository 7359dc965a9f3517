import { useEffect, useRef } from "react";
import type { GridHandle } from "@/parts/picture-grid";

/** When details close, the focus is on the tile of what was seen last. */
export function useFocusAfter(open: string | undefined, grid: { readonly current: GridHandle | null }) {
  const before = useRef(open);
  useEffect(() => {
    const last = before.current;
    before.current = open;
    if (open || !last) return;
    // After the dialog has given the focus back to what had it before it opened.
    const timer = setTimeout(() => grid.current?.focus(last));
    return () => clearTimeout(timer);
  }, [open, grid]);
}
