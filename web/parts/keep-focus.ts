import { focusHeading } from "./return-focus";

/**
 * What has the focus may leave the page, such as the button of a job that has ended. The browser then leaves
 * the focus on nothing, and Tab begins anew; here it goes to what was around it. Returns what ends it.
 * (Layers give the focus back themselves: return-focus.ts.)
 */
export function keepFocus(): () => void {
  let path: readonly Element[] = [];
  const note = ({ target }: FocusEvent) => {
    path = target instanceof Element ? pathOf(target) : [];
  };
  const look = () => {
    const [last] = path;
    if (!last || last.isConnected || document.activeElement !== document.body) return;
    const around = path.find(({ isConnected }) => isConnected) as HTMLElement | undefined;
    path = [];
    // Only the page itself is left: it was a layer, or all of the page has changed.
    if (!around || around === document.body) return;
    if (around.localName === "main") return focusHeading();
    const isFocusable = around.hasAttribute("tabindex");
    if (!isFocusable) around.tabIndex = -1;
    around.focus({ preventScroll: true });
    if (!isFocusable)
      around.addEventListener("blur", () => around.removeAttribute("tabindex"), { once: true });
  };
  const observer = new MutationObserver(look);
  observer.observe(document.body, { childList: true, subtree: true });
  document.addEventListener("focusin", note);
  return () => {
    observer.disconnect();
    document.removeEventListener("focusin", note);
  };
}

function pathOf(element: Element): Element[] {
  const path: Element[] = [];
  for (let at: Element | null = element; at; at = at.parentElement) path.push(at);
  return path;
}
