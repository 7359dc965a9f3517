import { useLayoutEffect, useRef } from "react";

/**
 * Gives focus back when a layer closes that was opened by a key or by code: to what had it before, else to
 * `neighbour()`. Radix itself does so for a `Trigger` only. Pass what it returns as `onCloseAutoFocus`.
 */
export function useReturnFocus(isOpen: boolean, neighbour?: () => HTMLElement | null | undefined) {
  const opener = useRef<Element | null>(null);
  // Before Radix moves focus into the layer, which it does in an effect.
  useLayoutEffect(() => {
    if (isOpen) opener.current = document.activeElement;
  }, [isOpen]);
  return (event: Event) => {
    const before = opener.current;
    const target = before?.isConnected && before !== document.body ? before : neighbour?.();
    event.preventDefault();
    const fallback = document.querySelector<HTMLElement>("main h1");
    ((target as HTMLElement | null | undefined) ?? fallback)?.focus();
  };
}
