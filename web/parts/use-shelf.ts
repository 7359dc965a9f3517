import { useSearchParams } from "next/navigation";
import { useEffect, useState } from "react";
import type { Stored } from "./autosave";
import { NEW } from "./shelf";

/** What an editor begins with, where that is not the list's. */
interface Begun<T> {
  readonly stored: Stored<T>;
  /** Another one whenever an editor begins anew. */
  readonly key: number;
  /** As what it is open: `new`, and what it became. */
  readonly as: readonly string[];
}

/** What is open of a shelf, by the address; and what was begun: something new, or what somebody else has written. */
export function useShelf<T>(address: string) {
  const query = useSearchParams();
  const open = query.get("new") ? NEW : (query.get("id") ?? undefined);
  const [begun, setBegun] = useState<Begun<T>>();
  const go = (id: string | undefined) => {
    const asked = id === NEW ? "?new=1" : id ? `?id=${id}` : "";
    window.history.pushState(null, "", `${address}${asked}`);
  };
  const start = (stored: Stored<T>) => {
    setBegun((before) => ({ stored, key: (before?.key ?? 0) + 1, as: [stored.id ?? NEW] }));
    if (!stored.id && open !== NEW) go(NEW);
  };
  /** What was new has an id now; its editor stays. */
  const saved = (id: string) => {
    setBegun((before) => before && { ...before, as: [...before.as, id] });
    window.history.replaceState(null, "", `${address}?id=${id}`);
  };
  // Left, it is what the list has from then on.
  useEffect(() => setBegun((before) => (isOpen(before, open) ? before : undefined)), [open]);
  return { open, go, start, saved, begun: isOpen(begun, open) ? begun : undefined };
}

function isOpen<T>(begun: Begun<T> | undefined, open: string | undefined): boolean {
  return begun !== undefined && open !== undefined && begun.as.includes(open);
}
