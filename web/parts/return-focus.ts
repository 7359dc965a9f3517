import { useLayoutEffect, useRef } from "react";

/**
 * Gives focus back when a layer closes that was opened by a key or by code: to what had it before, else to
 * `neighbour()`. Radix itself does so for a `Trigger` only. Pass what it returns as `onCloseAutoFocus`.
 */
export function useReturnFocus(isOpen: boolean, neighbour?: () => HTMLElement | null | undefined) {
  const opener = useRef<Element | null>(null);
  // Before Radix moves focus into the layer, which it does in an effect.
  useLayoutEffect(() => {
    if (isOpen) opener.current = openerOf(document.activeElement);
  }, [isOpen]);
  return (event: Event) => {
    const before = opener.current;
    const target = before?.isConnected && before !== document.body ? before : neighbour?.();
    event.preventDefault();
    if (target) (target as HTMLElement).focus();
    else focusHeading();
  };
}

/** Of an item of a menu: what opened the menu, which is gone by the time the focus comes back. */
function openerOf(active: Element | null): Element | null {
  const trigger = active?.closest("[role=menu]")?.getAttribute("aria-labelledby");
  return trigger ? document.getElementById(trigger) : active;
}

/** Where a page begins, for the keyboard and for screen readers. */
export function focusHeading(): void {
  const main = document.querySelector("main");
  const beginning = main?.querySelector<HTMLElement>("h1") ?? main;
  beginning?.setAttribute("tabindex", "-1");
  beginning?.focus({ preventScroll: true });
}
