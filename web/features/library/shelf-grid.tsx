import dynamic from "next/dynamic";
import {
  type DragEvent,
  type MouseEvent,
  type PointerEvent,
  type Ref,
  useCallback,
  useMemo,
  useRef,
  useState,
} from "react";
import { type Found, itemAt, type Shelf } from "@/live/found";
import { viewAddress } from "@/parts/generation-address";
import {
  type GridHandle,
  type Heading,
  indexAt,
  PictureGrid,
  type Selection,
  type SelectionAction,
  type TileState,
} from "@/parts/picture-grid";
import { library as words } from "@/words/library";
import { nameOf } from "./item-name";
import { Tile, type TileAct } from "./tile";
import { menuOf } from "./tile-menu";
import type { Acts } from "./use-acts";

const TileMenuLayer = dynamic(() => import("./tile-menu-layer"), { ssr: false });

interface Props {
  readonly shelf: Shelf;
  readonly found: Found;
  readonly headings: readonly Heading[];
  readonly rowHeight: number;
  readonly gap: number;
  readonly selection: Selection;
  readonly select: (action: SelectionAction) => void;
  readonly acts: Acts;
  readonly open: (path: string) => void;
  readonly more: () => void;
  readonly onBackspace: () => void;
  readonly grid: Ref<GridHandle>;
}

export function ShelfGrid(props: Props) {
  const { shelf, found, selection, select, acts, open } = props;
  const [asked, setAsked] = useState<{ readonly path: string; readonly at: { x: number; y: number } }>();
  const pointer = useRef("mouse");
  const { unfinished } = found;
  const mayMark = acts.unavailable.mark === undefined;
  const renderTile = useCallback(
    (index: number, state: TileState) => {
      const item = itemAt(shelf, index);
      return item && <Tile {...state} item={item} unfinished={unfinished.get(item.path)} mayMark={mayMark} />;
    },
    [shelf, unfinished, mayMark],
  );
  const name = useCallback((index: number) => nameOf(itemAt(shelf, index)), [shelf]);
  const toggle = useCallback((id: string) => select({ type: "toggle", id }), [select]);
  const items = useMemo(
    () => (asked ? menuOf(asked.path, selection.chosen, acts, { open, select: toggle }) : []),
    [asked, selection.chosen, acts, open, toggle],
  );

  /** A press on one of the buttons of a tile. */
  function act(event: MouseEvent) {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-act]") : null;
    const path = shelf.paths[indexAt(event.target)];
    if (!button || !path || button.getAttribute("aria-disabled") === "true") return;
    const one = selection.chosen.size === 1 ? [...selection.chosen][0] : undefined;
    switch (button.dataset.act as TileAct) {
      case "select":
        return event.shiftKey
          ? select({ type: "extend", from: path, to: path, order: shelf.paths })
          : toggle(path);
      case "favourite":
        return acts.favourite([path]);
      case "again":
        return acts.useAgain(path);
      case "compare":
        return one && one !== path ? acts.compare([one, path]) : toggle(path);
      case "menu": {
        const { left, top } = button.getBoundingClientRect();
        const at = { bubbles: true, clientX: left, clientY: top };
        pointer.current = "mouse";
        button.dispatchEvent(new window.MouseEvent("contextmenu", at));
      }
    }
  }
  /** A finger that presses long selects; the menu's actions are in the bar then. */
  function ask(event: MouseEvent) {
    const path = shelf.paths[indexAt(event.target)];
    event.preventDefault();
    if (path && pointer.current !== "touch") setAsked({ path, at: { x: event.clientX, y: event.clientY } });
  }
  /** Dragged, it is a link to what it shows: the prompt bar in another window takes it as a reference. */
  function drag(event: DragEvent) {
    const path = shelf.paths[indexAt(event.target)];
    if (path) event.dataTransfer.setData("text/uri-list", new URL(viewAddress(path), location.href).href);
  }
  function down(event: PointerEvent) {
    pointer.current = event.pointerType;
    if (event.pointerType === "touch") event.preventDefault();
  }
  return (
    <>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: its buttons and cells are what is pressed */}
      <div
        onClick={act}
        onContextMenu={ask}
        onPointerDown={down}
        onDragStart={drag}
        onKeyDown={() => undefined}
      >
        <PictureGrid
          handle={props.grid}
          label={words.grid}
          ids={shelf.paths}
          ratios={shelf.ratios}
          headings={props.headings}
          rowHeight={props.rowHeight}
          gap={props.gap}
          selection={selection}
          select={select}
          nameOf={name}
          renderTile={renderTile}
          onOpen={(index) => shelf.paths[index] && open(shelf.paths[index])}
          onKey={(event) => {
            const isPlain = !event.ctrlKey && !event.metaKey;
            if (event.key === "Backspace" && isPlain) props.onBackspace();
          }}
          onNearEnd={found.state === "more" ? props.more : undefined}
        />
      </div>
      {asked && <TileMenuLayer at={asked.at} items={items} />}
    </>
  );
}
