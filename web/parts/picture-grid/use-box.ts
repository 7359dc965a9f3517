import { type RefObject, useLayoutEffect, useState } from "react";

/** The width of an element, and how far below the page's top it begins: pixels, 0 before it is known. */
export function useBox(element: RefObject<HTMLElement | null>): {
  readonly width: number;
  readonly top: number;
} {
  const [box, setBox] = useState({ width: 0, top: 0 });
  useLayoutEffect(() => {
    const measure = () => {
      if (!element.current) return;
      const { width, top } = element.current.getBoundingClientRect();
      const now = { width, top: top + window.scrollY };
      setBox((before) => (before.width === now.width && before.top === now.top ? before : now));
    };
    measure();
    const observer = new ResizeObserver(measure);
    if (element.current) observer.observe(element.current);
    observer.observe(document.body); // what stands above may have grown
    return () => observer.disconnect();
  }, [element]);
  return box;
}
