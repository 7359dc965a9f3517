import { useEffect, useLayoutEffect, useState } from "react";
import { lineAtTop } from "./rows";

/** So many lines beyond those in sight are drawn, on both sides. */
const AROUND = 6;
/** So many lines get their tiles with each frame. */
const A_FRAME = 2;

export interface Sight {
  /** The lines in sight, both within. */
  readonly first: number;
  readonly last: number;
  /** How many more are drawn on both sides: after a jump none, and one more with each frame. */
  readonly reach: number;
  /** How many of those in sight, from the first on, have their tiles; the others are empty boxes for a frame or two. */
  readonly filled: number;
}

const NOTHING: Sight = { first: 0, last: -1, reach: 0, filled: 0 };

/** What is in sight of a grid whose lines begin at `tops`, and which begins at `top`; pixels. */
export function useSight(tops: readonly number[], top: number): Sight {
  const [sight, setSight] = useState(NOTHING);
  useLayoutEffect(() => {
    const look = () => {
      const y = window.scrollY - top;
      const [first, last] = [lineAtTop(tops, y), lineAtTop(tops, y + window.innerHeight)];
      setSight((before) => seen(before, first, last));
    };
    look();
    window.addEventListener("scroll", look, { passive: true });
    window.addEventListener("resize", look);
    return () => {
      window.removeEventListener("scroll", look);
      window.removeEventListener("resize", look);
    };
  }, [tops, top]);
  useEffect(() => {
    if (sight.reach >= AROUND) return;
    const frame = requestAnimationFrame(() => setSight(more));
    return () => cancelAnimationFrame(frame);
  }, [sight]);
  return sight;
}

/** What a frame adds: the tiles of what is in sight, then what is around. */
export function more(now: Sight): Sight {
  if (now.filled <= now.last - now.first) return { ...now, filled: now.filled + A_FRAME };
  return { ...now, reach: now.reach + 1, filled: Number.POSITIVE_INFINITY };
}

/** Where nothing of what was drawn is in sight any more, all begins anew: what is seen first, and alone. */
export function seen(before: Sight, first: number, last: number): Sight {
  if (before.first === first && before.last === last) return before;
  const isNear = first <= before.last + before.reach && last >= before.first - before.reach;
  return isNear ? { ...before, first, last } : { first, last, reach: 0, filled: A_FRAME };
}
