import { type ReactNode, type Ref, useImperativeHandle, useRef } from "react";

export interface PaneHandle {
  /** Scrolls to shares of its whole width and height, 0 to 1. */
  scrollTo(x: number, y: number): void;
}

interface Props {
  /** 1: it fits; 2: twice as wide and as high. */
  readonly zoom: number;
  readonly label: string;
  readonly onScroll?: (x: number, y: number) => void;
  readonly pane?: Ref<PaneHandle>;
  readonly children: ReactNode;
}

/** A window on something that may be larger than it: it scrolls, by wheel, finger or arrow keys. */
export function ZoomPane({ zoom, label, onScroll, pane, children }: Props) {
  const element = useRef<HTMLDivElement>(null);
  const isFollowing = useRef(false);
  useImperativeHandle(pane, () => ({
    scrollTo(x, y) {
      const { current } = element;
      if (!current) return;
      const [left, top] = [
        x * (current.scrollWidth - current.clientWidth),
        y * (current.scrollHeight - current.clientHeight),
      ];
      if (Math.abs(current.scrollLeft - left) < 1 && Math.abs(current.scrollTop - top) < 1) return;
      isFollowing.current = true; // its own scrolling is no reason for the other one to follow
      current.scrollTo(left, top);
    },
  }));
  function scrolled() {
    const { current } = element;
    if (isFollowing.current || !current) {
      isFollowing.current = false;
      return;
    }
    const share = (at: number, whole: number, seen: number) => (whole > seen ? at / (whole - seen) : 0);
    onScroll?.(
      share(current.scrollLeft, current.scrollWidth, current.clientWidth),
      share(current.scrollTop, current.scrollHeight, current.clientHeight),
    );
  }
  return (
    <section
      ref={element}
      aria-label={label}
      tabIndex={zoom > 1 ? 0 : undefined}
      onScroll={scrolled}
      className={`relative min-h-0 min-w-0 flex-1 bg-sunken ${zoom > 1 ? "overflow-auto overscroll-contain" : "overflow-hidden"}`}
    >
      <div
        className="relative [container-type:size]"
        style={{ width: `${zoom * 100}%`, height: `${zoom * 100}%` }}
      >
        {children}
      </div>
    </section>
  );
}
