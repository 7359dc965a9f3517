import type { MenuItem } from "@/parts/menu";
import { library as words } from "@/words/library";
import type { Acts } from "./use-acts";

/** All that can be done with a tile, or with all that are selected where it is one of them. */
export function menuOf(
  path: string,
  chosen: ReadonlySet<string>,
  acts: Acts,
  on: {
    open: (path: string) => void;
    select: (path: string) => void;
  },
): MenuItem[] {
  const paths = chosen.has(path) ? [...chosen] : [path];
  const { unavailable } = acts;
  const compare =
    paths.length === 2
      ? { label: words.compare, hint: "c", onSelect: () => acts.compare(paths) }
      : {
          label: chosen.has(path) ? words.deselect : words.selectThis,
          hint: "Space",
          onSelect: () => on.select(path),
        };
  const single: MenuItem[] = [
    { label: words.open, hint: "Enter", onSelect: () => on.open(path) },
    { label: words.useAgain, hint: "u", onSelect: () => acts.useAgain(path) },
    ...(acts.isImage(path) ? [{ label: words.asReference, onSelect: () => acts.useAsReference(path) }] : []),
  ];
  return [
    ...(paths.length === 1 ? single : []),
    compare,
    {
      label: acts.areFavourites(paths) ? words.unstar : words.star,
      hint: "f",
      unavailable: unavailable.mark,
      onSelect: () => acts.favourite(paths),
    },
    { label: words.tags, hint: "t", unavailable: unavailable.mark, onSelect: () => acts.tag(paths) },
    { label: words.download, hint: "d", unavailable: unavailable.line, onSelect: () => acts.download(paths) },
    {
      label: words.remove,
      hint: "Del",
      danger: true,
      separate: true,
      unavailable: unavailable.remove,
      onSelect: () => acts.remove(paths),
    },
  ];
}
