import { CalendarDays } from "lucide-react";
import { type FormEvent, useState } from "react";
import { Button } from "@/parts/button";
import { LazyPopover as Popover } from "@/parts/lazy-popover";
import type { Heading } from "@/parts/picture-grid";
import { library as words } from "@/words/library";
import { Day, type FiltersProps } from "./filter-chips";

interface Props extends Pick<FiltersProps, "go"> {
  readonly headings: readonly Heading[];
  readonly onJump: (index: number) => void;
  readonly to: string | undefined;
}

/** Months that are loaded are scrolled to; any other day is asked for, as the newest that is shown. */
export function JumpToDate({ headings, onJump, go, to }: Props) {
  const [day, setDay] = useState(to);
  const [isOpen, setOpen] = useState(false);
  const ask = (event: FormEvent) => {
    event.preventDefault();
    setOpen(false);
    go({ to: day });
  };
  return (
    <Popover
      label={words.jump}
      open={isOpen}
      onOpenChange={setOpen}
      align="end"
      trigger={
        <Button look="quiet" icon={<CalendarDays size={16} aria-hidden />}>
          {words.jump}
        </Button>
      }
    >
      <form onSubmit={ask} className="flex items-end gap-2 p-1">
        <Day label={words.jumpTo} value={day} onChange={setDay} />
        <Button type="submit" look="primary">
          {words.jumpGo}
        </Button>
      </form>
      {headings.length > 0 && (
        <div className="mt-2 flex flex-col">
          <p className="px-2 py-1 text-meta text-text3">{words.loaded}</p>
          {headings.map(({ before, text }) => (
            <Button
              key={before}
              look="quiet"
              className="justify-start"
              onClick={() => {
                setOpen(false);
                onJump(before);
              }}
            >
              {text}
            </Button>
          ))}
        </div>
      )}
    </Popover>
  );
}
