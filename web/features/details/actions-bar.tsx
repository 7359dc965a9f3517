import {
  ChevronDown,
  Clapperboard,
  Columns2,
  Download,
  FastForward,
  Pencil,
  Repeat2,
  Shuffle,
  Trash2,
} from "lucide-react";
import { Button } from "@/parts/button";
import { IconButton } from "@/parts/icon-button";
import { LazyMenu as Menu } from "@/parts/lazy-menu";
import type { MenuItem } from "@/parts/menu";
import { details as words } from "@/words/details";
import { credits } from "@/words/en";
import type { DetailActs } from "./use-detail-acts";

const ICONS = { edit: Pencil, frame: Clapperboard, extend: FastForward };

interface Props {
  readonly acts: DetailActs;
}

/** All that can be done with a generation; what costs says how much. */
export function ActionsBar({ acts }: Props) {
  const { price, variationsCount } = acts;
  const how: MenuItem[] = acts.uses.map((use) => ({
    label: words.use[use],
    onSelect: () => acts.useAgain(use),
  }));
  return (
    <div className="flex flex-wrap gap-2">
      <span className="inline-flex">
        <Button
          className="rounded-r-none border-r-0"
          icon={<Repeat2 size={16} aria-hidden />}
          onClick={() => acts.useAgain()}
        >
          {words.useAgain}
        </Button>
        <Menu
          label={words.useAgainHow}
          items={how}
          trigger={
            <IconButton label={words.useAgainHow} className="h-control rounded-l-none border border-control">
              <ChevronDown size={16} aria-hidden />
            </IconButton>
          }
        />
      </span>
      {acts.goingOn.map((use) => {
        const Icon = ICONS[use];
        return (
          <Button key={use} icon={<Icon size={16} aria-hidden />} onClick={() => acts.useAgain(use)}>
            {words.goOn[use]}
          </Button>
        );
      })}
      {price !== undefined && (
        <Button
          icon={<Shuffle size={16} aria-hidden />}
          unavailable={acts.whyNotSpend}
          onClick={acts.sendVariations}
        >
          {words.variations(variationsCount)} <span className="font-normal">{credits(price)}</span>
        </Button>
      )}
      {acts.isMade && (
        <>
          <Button
            icon={<Columns2 size={16} aria-hidden />}
            unavailable={acts.whyNotCompare}
            onClick={acts.compare}
          >
            {words.compare}
          </Button>
          <Button icon={<Download size={16} aria-hidden />} onClick={acts.download}>
            {words.download}
          </Button>
        </>
      )}
      {acts.hasEnded && (
        <Button icon={<Trash2 size={16} aria-hidden />} unavailable={acts.whyNotRemove} onClick={acts.remove}>
          {words.remove}
        </Button>
      )}
    </div>
  );
}
