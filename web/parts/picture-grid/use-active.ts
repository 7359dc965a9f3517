import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from "react";
import { neighbour } from "./moving";

/**
 * The one item that Tab goes to. When it goes, its neighbour is the one; and where the focus was on it, or is
 * wanted, that has it as soon as it is drawn.
 */
export function useActive(element: RefObject<HTMLElement | null>, ids: readonly string[]) {
  const [chosen, setChosen] = useState<string>();
  const before = useRef(ids);
  const hadFocus = useRef(false);
  const wantsFocus = useRef(false);

  let active = chosen;
  if (active === undefined || !ids.includes(active)) active = (chosen && besides(chosen)) ?? ids[0];
  function besides(gone: string): string | undefined {
    const there = new Set(ids);
    return neighbour(before.current, new Set(before.current.filter((id) => !there.has(id))), gone);
  }
  useLayoutEffect(() => {
    before.current = ids;
    if (active !== chosen) setChosen(active);
  }, [ids, active, chosen]);
  useLayoutEffect(() => {
    // A focused element that leaves the document, also for a place in another row, leaves the focus on its body,
    // and tells nobody.
    if (hadFocus.current && document.activeElement === document.body) wantsFocus.current = true;
    if (!wantsFocus.current || !active) return;
    const cell = element.current?.querySelector<HTMLElement>(`[data-id="${CSS.escape(active)}"]`);
    if (!cell) return;
    wantsFocus.current = false;
    cell.focus({ preventScroll: true });
  });

  const [, draw] = useState(0);
  const focus = useCallback((id?: string) => {
    wantsFocus.current = true;
    if (id) setChosen(id);
    draw((times) => times + 1);
  }, []);
  return {
    active: active === undefined ? -1 : ids.indexOf(active),
    focus,
    setActive: setChosen,
    onFocus: () => {
      hadFocus.current = true;
    },
    onBlur: () => {
      hadFocus.current = false;
    },
  };
}
