/** Pictures wider than this count as this wide: a panorama would flatten its whole row. */
const WIDEST = 2.4;
/** And no narrower than this, so that a tile has room for what one presses. */
const NARROWEST = 0.4;

/** Items `from` up to `to`, without `to`, beside each other, all of this height in pixels. */
export interface Row {
  readonly from: number;
  readonly to: number;
  readonly height: number;
}

export interface Heading {
  /** The index of the item that it stands before. */
  readonly before: number;
  readonly text: string;
}

/** A row of the grid: pictures, or the heading of those that follow. */
export type Line = Row & { readonly heading?: string };

/** Pixels. `height` is the one that rows come near to. */
export interface Box {
  readonly width: number;
  readonly height: number;
  readonly gap: number;
}

const HEADING_HEIGHT = 40;

/** Width by height, as the grid shows it. */
export function shown(ratio: number | undefined): number {
  return ratio && ratio > 0 ? Math.min(Math.max(ratio, NARROWEST), WIDEST) : 1;
}

/** All lines from above to below. A heading begins a new row. `headings` are in the order of the items. */
export function linesOf(ratios: ArrayLike<number>, headings: readonly Heading[], box: Box): Line[] {
  if (box.width <= 0) return [];
  const lines: Line[] = [];
  const marks = headings.filter(({ before }) => before < ratios.length);
  const starts = marks[0]?.before === 0 ? marks : [{ before: 0, text: "" }, ...marks];
  starts.forEach(({ before, text }, at) => {
    const end = starts[at + 1]?.before ?? ratios.length;
    if (text) lines.push({ from: before, to: before, height: HEADING_HEIGHT, heading: text });
    lines.push(...rowsOf(ratios, before, end, box));
  });
  return lines;
}

/**
 * Full rows of items `from` to `end`. A row ends where its height is nearest to the wanted one, by
 * how many times it is higher or lower. The last one may stay short: it is not stretched.
 */
export function rowsOf(ratios: ArrayLike<number>, from: number, end: number, box: Box): Row[] {
  const rows: Row[] = [];
  const filling = (sum: number, count: number) => (box.width - box.gap * (count - 1)) / sum;
  let first = from;
  let sum = 0; // of the ratios in the row: its width, were it one pixel high
  for (let index = from; index < end; index += 1) {
    const ratio = shown(ratios[index]);
    const count = index - first;
    const without = count ? filling(sum, count) : Number.POSITIVE_INFINITY;
    const taken = filling(sum + ratio, count + 1);
    const isFull = taken < box.height && without / box.height <= box.height / taken;
    if (count && isFull) {
      rows.push({ from: first, to: index, height: without });
      first = index;
      sum = ratio;
    } else {
      sum += ratio;
    }
  }
  if (first < end) {
    rows.push({ from: first, to: end, height: Math.min(box.height, filling(sum, end - first)) });
  }
  return rows;
}

/** How far each item of a row is from the left edge, and how wide it is, in pixels. */
export function placesOf(
  row: Row,
  ratios: ArrayLike<number>,
  gap: number,
): { left: number; width: number }[] {
  const places: { left: number; width: number }[] = [];
  let left = 0;
  for (let index = row.from; index < row.to; index += 1) {
    const width = shown(ratios[index]) * row.height;
    places.push({ left, width });
    left += width + gap;
  }
  return places;
}

/** The line that an item is in; -1 where there is none. */
export function lineOf(lines: readonly Line[], index: number): number {
  let low = 0;
  let high = lines.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const line = lines[middle] as Line;
    if (index < line.from) high = middle - 1;
    else if (index >= line.to) low = middle + 1;
    else return middle;
  }
  return -1;
}

/** The item, where it is in this line; else -1. */
export function within({ from, to }: Row, index: number): number {
  return from <= index && index < to ? index : -1;
}

/** Where each line begins, in pixels from the top of the grid; behind the last, where the grid ends. */
export function topsOf(lines: readonly Line[], gap: number): number[] {
  const tops = [0];
  for (const { height } of lines) tops.push((tops.at(-1) ?? 0) + height + gap);
  if (lines.length > 0) tops[lines.length] = (tops.at(-1) ?? 0) - gap;
  return tops;
}

/** The line at so many pixels from the top; the first or the last one beyond them. */
export function lineAtTop(tops: readonly number[], y: number): number {
  let [low, high] = [0, Math.max(0, tops.length - 2)];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((tops[middle] ?? 0) <= y) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * Which lines are drawn: those in sight (`first` to `last`), and as many more on both sides, nearest
 * first, as fit into `tilesMax`, within `around` lines. `also` (where the focus is) always is.
 */
export function drawn(
  lines: readonly Line[],
  { first, last }: { readonly first: number; readonly last: number },
  { around, tilesMax, also }: { readonly around: number; readonly tilesMax: number; readonly also: number },
): number[] {
  const size = (at: number) => (lines[at] ? lines[at].to - lines[at].from : 0);
  let [low, high] = [first, Math.min(last, lines.length - 1)];
  let tiles = also < low || also > high ? size(also) : 0;
  for (let at = low; at <= high; at += 1) tiles += size(at);
  for (let step = 0; step < around; step += 1) {
    for (const at of [high + 1, low - 1]) {
      if (!lines[at] || tiles + size(at) > tilesMax) continue;
      tiles += size(at);
      if (at > high) high = at;
      else low = at;
    }
  }
  const all: number[] = [];
  if (lines[also] && also < low) all.push(also);
  for (let at = low; at <= high; at += 1) all.push(at);
  if (lines[also] && also > high) all.push(also);
  return all;
}
