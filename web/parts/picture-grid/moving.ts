import { type Line, lineOf, placesOf } from "./rows";

export interface Ground {
  readonly lines: readonly Line[];
  readonly ratios: ArrayLike<number>;
  readonly gap: number;
  /** Pixels of what is seen at once: as far as a page goes. */
  readonly screen: number;
}

/** The item that a key goes to from this one; `undefined`: the key does not move, or there is none. */
export function moved(key: string, isWhole: boolean, index: number, ground: Ground): number | undefined {
  const { lines, ratios } = ground;
  const at = lineOf(lines, index);
  const row = lines[at];
  if (!row) return undefined;
  const last = ratios.length - 1;
  switch (key) {
    case "ArrowLeft":
      return Math.max(index - 1, 0);
    case "ArrowRight":
      return Math.min(index + 1, last);
    case "Home":
      return isWhole ? 0 : row.from;
    case "End":
      return isWhole ? last : row.to - 1;
    case "ArrowUp":
      return nearest(index, at, rowFrom(lines, at, -1, 1), ground);
    case "ArrowDown":
      return nearest(index, at, rowFrom(lines, at, 1, 1), ground);
    case "PageUp":
      return nearest(index, at, rowFrom(lines, at, -1, ground.screen), ground);
    case "PageDown":
      return nearest(index, at, rowFrom(lines, at, 1, ground.screen), ground);
  }
  return undefined;
}

/** The row of pictures at least so many pixels further, or the last one in that direction. */
function rowFrom(lines: readonly Line[], at: number, step: 1 | -1, pixels: number): number {
  let found = at;
  let gone = 0;
  for (let next = at + step; lines[next] && gone < pixels; next += step) {
    gone += lines[next]?.heading ? 0 : (lines[next]?.height ?? 0);
    if (!lines[next]?.heading) found = next;
  }
  return found;
}

/** The item of another row whose centre is nearest to this one's. */
function nearest(index: number, from: number, to: number, { lines, ratios, gap }: Ground): number {
  const [here, there] = [lines[from], lines[to]];
  if (!here || !there || from === to) return index;
  const own = placesOf(here, ratios, gap)[index - here.from];
  const centre = own ? own.left + own.width / 2 : 0;
  const distances = placesOf(there, ratios, gap).map(({ left, width }) =>
    Math.abs(left + width / 2 - centre),
  );
  return there.from + distances.indexOf(Math.min(...distances));
}

/** Where the focus goes when items go: the next that stays, else the one before, else nowhere. */
export function neighbour(
  order: readonly string[],
  gone: ReadonlySet<string>,
  focused: string,
): string | undefined {
  const at = order.indexOf(focused);
  if (at < 0) return order.find((id) => !gone.has(id));
  const stays = (id: string) => !gone.has(id);
  return order.slice(at).find(stays) ?? order.slice(0, at).findLast(stays);
}
