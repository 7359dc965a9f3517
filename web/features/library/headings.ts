import type { Heading } from "@/parts/picture-grid/rows";

const MONTH = new Intl.DateTimeFormat("en", { month: "long", year: "numeric" });

/** A heading before the first item of each month; `createdAt` in ms, newest first. */
export function monthsOf(createdAt: readonly number[]): Heading[] {
  const headings: Heading[] = [];
  // Almost always an item is of the month of the one before it: only then is a date made of the number.
  let [from, to] = [0, 0];
  createdAt.forEach((at, before) => {
    if (before > 0 && at >= from && at < to) return;
    const day = new Date(at);
    from = new Date(day.getFullYear(), day.getMonth()).getTime();
    to = new Date(day.getFullYear(), day.getMonth() + 1).getTime();
    headings.push({ before, text: MONTH.format(at) });
  });
  return headings;
}
