import { Columns2, Download, Star, Tag, Trash2, X } from "lucide-react";
import { Button } from "@/parts/button";
import { IconButton } from "@/parts/icon-button";
import { library as words } from "@/words/library";
import type { Acts } from "./use-acts";

interface Props {
  readonly paths: readonly string[];
  readonly acts: Acts;
  readonly onClear: () => void;
}

/** What can be done with all that are selected. Two of them: comparing comes first. */
export function SelectionBar({ paths, acts, onClear }: Props) {
  const why = acts.unavailable;
  const compare = (
    <Button key="compare" icon={<Columns2 size={16} aria-hidden />} onClick={() => acts.compare(paths)}>
      {words.compare}
    </Button>
  );
  return (
    <div
      role="toolbar"
      aria-label={words.selected(paths.length)}
      className="sticky bottom-2 z-20 mt-2 flex min-h-12 items-center gap-2 overflow-x-auto rounded-sheet border border-line bg-surface px-3 py-1.5 shadow-popover max-tablet:bottom-[calc(64px+env(safe-area-inset-bottom))]"
    >
      <span className="mr-auto shrink-0 text-control tabular-nums">{words.selected(paths.length)}</span>
      {paths.length === 2 && compare}
      <Button
        icon={<Star size={16} aria-hidden />}
        unavailable={why.mark}
        onClick={() => acts.favourite(paths)}
      >
        {acts.areFavourites(paths) ? words.unstar : words.star}
      </Button>
      <Button icon={<Tag size={16} aria-hidden />} unavailable={why.mark} onClick={() => acts.tag(paths)}>
        {words.tags}
      </Button>
      <Button
        icon={<Download size={16} aria-hidden />}
        unavailable={why.line}
        onClick={() => acts.download(paths)}
      >
        {words.download}
      </Button>
      <Button
        icon={<Trash2 size={16} aria-hidden />}
        unavailable={why.remove}
        onClick={() => acts.remove(paths)}
      >
        {words.remove}
      </Button>
      <IconButton label={words.selectNone} onClick={onClear}>
        <X size={16} aria-hidden />
      </IconButton>
    </div>
  );
}
