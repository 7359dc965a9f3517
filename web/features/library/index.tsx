"use client";
import dynamic from "next/dynamic";
import { type ReactNode, type RefObject, Suspense, useEffect, useMemo, useRef } from "react";
import { useUndoToasts } from "@/parts/deleting";
import { announce } from "@/parts/live-region";
import { useIsPhone } from "@/parts/media";
import type { Opened } from "@/parts/opened";
import { type GridHandle, neighbour } from "@/parts/picture-grid";
import { useTitle } from "@/parts/title";
import { library as words } from "@/words/library";
import { ActiveFilters } from "./active-filters";
import { FreshPill } from "./fresh-pill";
import { AsOf, ListEnd, NothingThere, SkeletonRows } from "./page-states";
import { ShelfGrid } from "./shelf-grid";
import { Toolbar } from "./toolbar";
import { useActs } from "./use-acts";
import { useAddress } from "./use-address";
import { useAnnouncedCount } from "./use-announced-count";
import { sizeOf, useDensity } from "./use-density";
import { useFocusAfter } from "./use-focus-after";
import { useGridKeys } from "./use-grid-keys";
import { useLibrary } from "./use-library";
import { useSelection } from "./use-selection";

// First needed with the first selection.
const SelectionBar = dynamic(() => import("./selection-bar").then(({ SelectionBar }) => SelectionBar), {
  ssr: false,
});

interface Props {
  readonly details: (open: Opened) => ReactNode;
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
        <FreshPill count={found.fresh.length} onShow={() => store?.showFresh()} />
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
