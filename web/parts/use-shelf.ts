import { useSearchParams } from "next/navigation";
import { useState } from "react";
import type { Stored } from "./autosave";
import { NEW } from "./shelf";

/**
 * What is open of a shelf, by the address. `begun` is what the editor begins with where that is not the
 * list's: something new, or what somebody else has written; `key` is another one whenever the editor begins anew.
 */
export function useShelf<T>(address: string) {
  const query = useSearchParams();
  const open = query.get("new") ? NEW : (query.get("id") ?? undefined);
  const [begin, setBegin] = useState<{ readonly of: string; readonly stored: Stored<T> }>();
  const [n, setN] = useState(0);
  const go = (id: string | undefined) => {
    const asked = id === NEW ? "?new=1" : id ? `?id=${id}` : "";
    window.history.pushState(null, "", `${address}${asked}`);
  };
  const start = (stored: Stored<T>) => {
    setN((before) => before + 1);
    setBegin({ of: stored.id ?? NEW, stored });
    if (!stored.id) go(NEW);
  };
  /** What was new has an id now; its editor stays. */
  const saved = (id: string) => {
    setBegin((before) => before && { ...before, of: id });
    window.history.replaceState(null, "", `${address}?id=${id}`);
  };
  return { open, go, start, saved, begun: begin?.of === open ? begin?.stored : undefined, n };
}
