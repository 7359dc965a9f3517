import { type MouseEvent, type PointerEvent, useRef } from "react";

const LONG_MS = 500;
/** A finger that moves further scrolls, and presses nothing. */
const STILL_PX = 10;

/** The item that an event happened on; -1: none. */
export function indexAt(target: EventTarget): number {
  const cell = target instanceof Element ? target.closest<HTMLElement>("[role=gridcell][data-index]") : null;
  return cell ? Number(cell.dataset.index) : -1;
}

interface Presses {
  readonly isSelecting: boolean;
  readonly open: (index: number) => void;
  readonly toggle: (index: number) => void;
  readonly extend: (index: number) => void;
}

/** Click opens; with Ctrl or ⌘ it selects, with Shift it extends; a finger selects by pressing long. */
export function usePressing({ isSelecting, open, toggle, extend }: Presses) {
  const press = useRef<{ timer: ReturnType<typeof setTimeout>; x: number; y: number; isTouch: boolean }>(
    undefined,
  );
  const wasLong = useRef(false);
  const end = () => clearTimeout(press.current?.timer);
  return {
    onPointerDown(event: PointerEvent) {
      const index = indexAt(event.target);
      const isTouch = event.pointerType === "touch";
      wasLong.current = false;
      const hold = () => {
        wasLong.current = true;
        toggle(index);
      };
      const timer = setTimeout(() => isTouch && index >= 0 && hold(), LONG_MS);
      press.current = { timer, x: event.clientX, y: event.clientY, isTouch };
    },
    onPointerMove({ clientX, clientY }: PointerEvent) {
      const { x = clientX, y = clientY } = press.current ?? {};
      if (Math.hypot(clientX - x, clientY - y) > STILL_PX) end();
    },
    onPointerUp: end,
    onPointerCancel: end,
    onClick(event: MouseEvent) {
      end();
      const index = indexAt(event.target);
      const isControl = event.target instanceof Element && event.target.closest("button, a, input, label");
      if (index < 0 || isControl || wasLong.current) return;
      const isTouch = press.current?.isTouch ?? false;
      if (event.shiftKey) extend(index);
      else if (event.ctrlKey || event.metaKey || (isTouch && isSelecting)) toggle(index);
      else open(index);
    },
  };
}
