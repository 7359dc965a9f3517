import { useSearchParams } from "next/navigation";
import { ORDER, type Segment } from "@/parts/batch-bar/segments";

/** What the address says: which batch, which rows of it, which one is open, and how they are laid out. */
export function useAddress() {
  const query = useSearchParams();
  const show = ORDER.find((status) => status === query.get("show"));
  const number = query.get("row");
  const row = number && /^\d+$/.test(number) ? Number(number) - 1 : undefined;
  const isList = query.get("as") === "list";

  /** Rows and filters are steps that Back takes back; layouts are not. */
  const go = (change: Readonly<Record<string, string | undefined>>, how: "push" | "replace" = "push") => {
    const next = new URLSearchParams(window.location.search);
    for (const [name, value] of Object.entries(change)) {
      if (value === undefined) next.delete(name);
      else next.set(name, value);
    }
    const address = `${window.location.pathname}?${next}`;
    if (how === "push") window.history.pushState(null, "", address);
    else window.history.replaceState(null, "", address);
  };
  return {
    id: query.get("id") ?? undefined,
    show,
    row,
    isList,
    filter: (status: Segment | undefined) => go({ show: status }),
    openRow: (index: number) => go({ row: String(index + 1) }, row === undefined ? "push" : "replace"),
    closeRow: () => go({ row: undefined }, "replace"),
    layOut: (asList: boolean) => go({ as: asList ? "list" : undefined }, "replace"),
  };
}

export type Address = ReturnType<typeof useAddress>;
