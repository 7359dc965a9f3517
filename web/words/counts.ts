// How numbers are said.

/** `1,234`. The browser's own way with numbers is loaded only for one that needs it: that takes it a while. */
export const grouped = (n: number) =>
  Number.isInteger(n) && n >= 0 && n < 1000 ? String(n) : n.toLocaleString("en");
export const plural = (n: number, one: string, many = `${one}s`) => `${grouped(n)} ${n === 1 ? one : many}`;
export const credits = (n: number) => plural(n, "credit");
