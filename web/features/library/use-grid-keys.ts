import { undoLastDeletion } from "@/parts/deleting";
import { useShortcuts } from "@/parts/keys";
import type { Acts } from "./use-acts";

interface Asked {
  readonly acts: Acts;
  readonly chosen: ReadonlySet<string>;
  /** Chooses it as the first of two to compare. */
  readonly select: (path: string) => void;
  readonly open: (path: string) => void;
  readonly search: () => void;
}

/** The tile that has the focus. */
function focused(): string | undefined {
  const cell = document.activeElement?.closest<HTMLElement>("[role=grid] [data-id]");
  return cell?.dataset.id;
}

/** Keys act on what is selected, else on the tile that has the focus; without either they do nothing. */
export function useGridKeys({ acts, chosen, select, open, search }: Asked) {
  const paths = () => {
    const path = focused();
    return chosen.size ? [...chosen] : path ? [path] : [];
  };
  const all = (act: (paths: readonly string[]) => void) => () => {
    const those = paths();
    if (those.length) act(those);
  };
  const one = (act: (path: string) => void) => () => {
    const path = focused() ?? (chosen.size === 1 ? [...chosen][0] : undefined);
    if (path) act(path);
  };
  const remove = all(acts.remove);
  useShortcuts({
    search,
    undo: () => void undoLastDeletion(),
    favourite: all(acts.favourite),
    tag: all(acts.tag),
    compare: () => (chosen.size === 2 ? acts.compare([...chosen]) : one(select)()),
    useAgain: one(acts.useAgain),
    variations: one(open), // their price stands on their button
    download: all(acts.download),
    delete: remove,
  });
  return { remove };
}
