import type { Item } from "@/live/found";
import { library as words } from "@/words/library";

/** What a screen reader calls a tile. */
export function nameOf(item: Item | undefined): string {
  if (!item) return "";
  const { title, count, isFavourite, status, missing, isVideo } = item;
  const state = status !== "completed" ? words.statuses[status].toLowerCase() : "";
  return words.name({
    title,
    kind: words.kinds[isVideo ? "video" : "image"],
    count,
    isFavourite,
    state: missing > 0 ? words.missing(count, count + missing) : state,
  });
}
