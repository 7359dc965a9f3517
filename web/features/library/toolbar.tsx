import { Search, SlidersHorizontal } from "lucide-react";
import { type RefObject, useEffect, useRef, useState } from "react";
import { LazyDialog as Dialog } from "@/parts/lazy-dialog";
import type { Heading } from "@/parts/picture-grid";
import { library as words } from "@/words/library";
import { Chip, OpenChip } from "./chip";
import { ClearButton, FilterChips, type FiltersProps, MoreFilters, Tags } from "./filter-chips";
import { countOf } from "./filters";
import { JumpToDate } from "./jump-to-date";
import { DENSITIES, type Density } from "./use-density";

/** A pause in typing after which is searched. */
const PAUSE_MS = 300;

interface Props extends FiltersProps {
  readonly search: RefObject<HTMLInputElement | null>;
  readonly isPhone: boolean;
  readonly density: Density;
  readonly onDensity: (density: Density) => void;
  readonly headings: readonly Heading[];
  readonly onJump: (index: number) => void;
}

export function Toolbar(props: Props) {
  const { address, go, isPhone, headings, onJump } = props;
  return (
    <div className="flex flex-wrap items-center gap-2">
      <SearchBox key={address.team} {...props} />
      {isPhone ? <FilterSheet {...props} /> : <FilterChips {...props} />}
      {!isPhone && (
        <div className="ml-auto flex items-center gap-2">
          <JumpToDate headings={headings} onJump={onJump} go={go} to={address.to} />
          <DensityChoice {...props} />
        </div>
      )}
    </div>
  );
}

function SearchBox({ address, go, search }: Props) {
  const [text, setText] = useState(address.text);
  const sent = useRef(address.text);
  useEffect(() => {
    // The address has changed by itself: Back, or "Clear filters".
    if (address.text === sent.current) return;
    sent.current = address.text;
    setText(address.text);
  }, [address.text]);
  useEffect(() => {
    if (text === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = text;
      go({ text }, "replace");
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, go]);
  return (
    <search className="relative min-w-40 flex-1 basis-60">
      <Search size={16} aria-hidden className="-translate-y-1/2 absolute top-1/2 left-2.5 text-text3" />
      <input
        ref={search}
        type="search"
        aria-label={words.search}
        aria-keyshortcuts="/"
        placeholder={words.search}
        maxLength={200}
        value={text}
        onChange={({ target }) => setText(target.value)}
        className="h-control w-full rounded-control border border-control bg-bg pr-2 pl-8 text-body text-text placeholder:text-text3 max-tablet:text-base"
      />
    </search>
  );
}

function FilterSheet(props: Props) {
  const { address, go, headings, onJump } = props;
  const [isOpen, setOpen] = useState(false);
  const count = countOf(address);
  return (
    <>
      <OpenChip isOn={count > 0} onClick={() => setOpen(true)} aria-haspopup="dialog">
        <SlidersHorizontal size={16} aria-hidden /> {words.filters(count)}
      </OpenChip>
      {isOpen && (
        <Dialog open onOpenChange={setOpen} title={words.filters(0)} shape="sheet">
          <div className="flex flex-col gap-4">
            <div className="flex flex-wrap gap-2">
              <Chip
                isOn={address.kind === "image"}
                onClick={() => go({ kind: address.kind === "image" ? undefined : "image" })}
              >
                {words.image}
              </Chip>
              <Chip
                isOn={address.kind === "video"}
                onClick={() => go({ kind: address.kind === "video" ? undefined : "video" })}
              >
                {words.video}
              </Chip>
              <Chip isOn={address.favourite} onClick={() => go({ favourite: !address.favourite })}>
                {words.favourites}
              </Chip>
            </div>
            <Tags {...props} />
            <MoreFilters {...props} />
            <div className="flex flex-wrap items-center gap-2">
              <JumpToDate
                headings={headings}
                onJump={(index) => {
                  setOpen(false);
                  onJump(index);
                }}
                go={go}
                to={address.to}
              />
              <DensityChoice {...props} />
            </div>
            {count > 0 && <ClearButton go={go} />}
          </div>
        </Dialog>
      )}
    </>
  );
}

function DensityChoice({ density, onDensity }: Pick<Props, "density" | "onDensity">) {
  return (
    <fieldset className="flex rounded-control border border-control">
      <legend className="sr-only">{words.density}</legend>
      {DENSITIES.map((each) => (
        <button
          key={each}
          type="button"
          aria-pressed={each === density}
          aria-label={words.sizeNames[each]}
          title={words.sizeNames[each]}
          onClick={() => onDensity(each)}
          className={`h-[calc(var(--spacing)*7.5)] min-w-8 rounded-control text-control pointer-coarse:h-11 pointer-coarse:min-w-11 ${
            each === density ? "bg-tint font-medium text-accent-text" : "text-text2 hover:bg-hover"
          }`}
        >
          {words.sizes[each]}
        </button>
      ))}
    </fieldset>
  );
}
