"use client";
import { ArrowUp } from "lucide-react";
import { type ReactNode, type RefObject, Suspense, useEffect, useMemo, useRef } from "react";
import { Button } from "@/parts/button";
import { useUndoToasts } from "@/parts/deleting";
import { announce } from "@/parts/live-region";
import { type GridHandle, neighbour } from "@/parts/picture-grid";
import { useTitle } from "@/parts/title";
import { library as words } from "@/words/library";
import { ActiveFilters } from "./active-filters";
import { AsOf, ListEnd, NothingThere, SkeletonRows } from "./page-states";
import { SelectionBar } from "./selection-bar";
import { ShelfGrid } from "./shelf-grid";
import { Toolbar } from "./toolbar";
import { useActs } from "./use-acts";
import { useAddress } from "./use-address";
import { sizeOf, useDensity, useIsPhone } from "./use-density";
import { useGridKeys } from "./use-grid-keys";
import { useLibrary } from "./use-library";
import { useSelection } from "./use-selection";

/** What is open over the grid, and how to go on from there. */
export interface OpenItem {
  readonly path: string;
  readonly title: string;
  /** The thumbnail, shown until there is more; empty where there is none. */
  readonly cover: string;
  readonly ratio: number;
  readonly previous: string | undefined;
  readonly next: string | undefined;
  /** `3 of 60+`. */
  readonly place: string;
  readonly go: (path: string) => void;
  readonly close: () => void;
  readonly remove: (path: string) => void;
}

interface Props {
  readonly details: (open: OpenItem) => ReactNode;
}

export function Library({ details }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  return (
    <div className="flex flex-col gap-3 px-4 py-4 max-tablet:px-2">
      <h1 ref={heading} tabIndex={-1} className="font-semibold text-page outline-none max-tablet:sr-only">
        {words.title}
      </h1>
      <Suspense fallback={<SkeletonRows rows={3} />}>
        <Screen details={details} heading={heading} />
      </Suspense>
    </div>
  );
}

function Screen({ details, heading }: Props & { readonly heading: RefObject<HTMLElement | null> }) {
  const { address, go, open, close } = useAddress();
  const { store, found, shelf, headings, teamId } = useLibrary(address);
  const { density, rowHeight, gap, choose } = useDensity(address.size);
  const isPhone = useIsPhone();
  const search = useRef<HTMLInputElement>(null);
  const grid = useRef<GridHandle>(null);
  const paths = shelf?.paths ?? NONE;
  const { selection, select } = useSelection(paths, store);
  const { acts, layers } = useActs(shelf, (gone) => {
    select({ type: "clear" });
    if (!address.open || !gone.includes(address.open)) {
      if (gone.length < paths.length) grid.current?.focus();
      else heading.current?.focus(); // the grid is gone, too
      return;
    }
    const beside = neighbour(paths, new Set(gone), address.open);
    if (beside) open(beside);
    else close();
  });
  const more = () => void store?.more();
  const keys = useGridKeys({
    acts,
    open,
    chosen: selection.chosen,
    select: (id) => {
      select({ type: "toggle", id });
      announce(words.compareNext);
    },
    search: () => search.current?.focus(),
  });
  useUndoToasts();
  useTitle(words.title);
  useFocusAfter(address.open, grid);
  useAnnouncedCount(store, paths.length, found?.state);

  const at = address.open ? paths.indexOf(address.open) : -1;
  // Whoever walks through the details to the end of what is loaded walks on.
  const isNearEnd = at >= 0 && at >= paths.length - 5 && found?.state === "more";
  useEffect(() => {
    if (isNearEnd) void store?.more();
  }, [isNearEnd, store]);
  const count = `${paths.length}${found?.state === "end" ? "" : "+"}`;
  const tags = useMemo(() => [...new Set([...(shelf?.tags.values() ?? [])].flat())].sort(), [shelf?.tags]);
  return (
    <>
      <Toolbar
        {...{ address, go, tags, search, isPhone, density, headings }}
        onDensity={(next) => {
          choose(next);
          go({ size: sizeOf(next) }, "replace");
        }}
        onJump={(index) => {
          grid.current?.bringInSight(index, "start");
          grid.current?.focus(paths[index]);
        }}
      />
      <ActiveFilters address={address} go={go} />
      {found?.asOf !== undefined && <AsOf at={found.asOf} more={more} />}
      {found && found.fresh.length > 0 && (
        <Button
          look="primary"
          className="sticky top-2 z-20 self-center rounded-full max-tablet:top-14"
          icon={<ArrowUp size={16} aria-hidden />}
          onClick={() => {
            store?.showFresh();
            window.scrollTo({ top: 0 });
          }}
        >
          {words.fresh(found.fresh.length)}
        </Button>
      )}
      {!found || !shelf || (paths.length === 0 && found.state === "loading") ? (
        <SkeletonRows rows={3} height={rowHeight} gap={gap} />
      ) : paths.length === 0 ? (
        <NothingThere {...{ found, address, go, more }} isTeam={teamId !== undefined} />
      ) : (
        <div>
          <ShelfGrid
            {...{ shelf, found, headings, rowHeight, gap, selection, select, acts, open, more, grid }}
            onBackspace={keys.remove}
          />
          <ListEnd found={found} height={rowHeight} gap={gap} more={more} />
        </div>
      )}
      {selection.chosen.size > 0 && (
        <SelectionBar
          paths={[...selection.chosen]}
          acts={acts}
          onClear={() => {
            select({ type: "clear" });
            grid.current?.focus();
          }}
        />
      )}
      {address.open &&
        details({
          path: address.open,
          title: shelf?.titles[at] ?? "",
          cover: shelf?.covers[at] ?? "",
          ratio: shelf?.ratios[at] ?? 1,
          previous: paths[at - 1],
          next: at < 0 ? undefined : paths[at + 1],
          place: at < 0 ? "" : words.place(at + 1, count),
          go: open,
          close,
          remove: (path) => acts.remove([path]),
        })}
      {layers}
    </>
  );
}

const NONE: readonly string[] = [];

/** When details close, the focus is on the tile of what was seen last. */
function useFocusAfter(open: string | undefined, grid: { readonly current: GridHandle | null }) {
  const before = useRef(open);
  useEffect(() => {
    const last = before.current;
    before.current = open;
    if (open || !last) return;
    // After the dialog has given the focus back to what had it before it opened.
    const timer = setTimeout(() => grid.current?.focus(last));
    return () => clearTimeout(timer);
  }, [open, grid]);
}

/** Says how many there are, once a search is over: not the first one, which nobody has asked for. */
function useAnnouncedCount(store: object | undefined, count: number, state: string | undefined) {
  const first = useRef<object>(undefined);
  const told = useRef<object>(undefined);
  useEffect(() => {
    first.current ??= store;
    if (!store || store === first.current || store === told.current || !state || state === "loading") return;
    const timer = setTimeout(() => {
      told.current = store;
      announce(words.count(count, state === "end"));
    }, 700);
    return () => clearTimeout(timer);
  }, [store, count, state]);
}
