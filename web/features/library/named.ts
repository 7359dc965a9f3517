import { library as words } from "@/words/library";
import type { Filters } from "./filters";

export interface Named {
  readonly field: keyof Filters;
  readonly says: string;
  /** What takes it away. */
  readonly without: Partial<Filters>;
}

/** The filters that are on, in words. */
export function named(filters: Filters): Named[] {
  const { text, kind, status, model, brand, batch, tag, favourite, from, to } = filters;
  const names = words.filterNames;
  const all: (Named | false | undefined | "")[] = [
    text.trim() && { field: "text", says: names.text(text.trim()), without: { text: "" } },
    kind && { field: "kind", says: words.kindsFound[kind], without: { kind: undefined } },
    status !== "completed" && {
      field: "status",
      says: words.statuses[status].toLowerCase(),
      without: { status: "completed" },
    },
    favourite && { field: "favourite", says: names.favourite, without: { favourite: false } },
    tag && { field: "tag", says: names.tag(tag), without: { tag: undefined } },
    model && { field: "model", says: names.model(model), without: { model: undefined } },
    brand && { field: "brand", says: names.brand, without: { brand: undefined } },
    batch && { field: "batch", says: names.batch, without: { batch: undefined } },
    from && { field: "from", says: names.from(from), without: { from: undefined } },
    to && { field: "to", says: names.to(to), without: { to: undefined } },
  ];
  return all.filter((each) => typeof each === "object");
}
