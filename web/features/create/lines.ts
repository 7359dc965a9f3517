/** How many lines of a text have something on them. */
export function linesOf(text: string): number {
  return text.split("\n").filter((line) => line.trim()).length;
}
