import { library as words } from "@/words/library";
import { GoneChip } from "./chip";
import type { FiltersProps } from "./filter-chips";
import { named } from "./named";

/** Filters that no chip of the toolbar shows by itself, each with a way to be rid of it. */
export function ActiveFilters({ address, go }: Pick<FiltersProps, "address" | "go">) {
  const shown = named(address).filter(({ field }) => !["text", "kind", "favourite", "tag"].includes(field));
  if (shown.length === 0) return null;
  return (
    <fieldset className="flex flex-wrap gap-1.5">
      <legend className="sr-only">{words.activeFilters}</legend>
      {shown.map(({ field, says, without }) => (
        <GoneChip key={field} onClick={() => go(without)}>
          {says}
        </GoneChip>
      ))}
    </fieldset>
  );
}
