// How numbers are said.
export const plural = (n: number, one: string, many = `${one}s`) =>
  `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
export const credits = (n: number) => plural(n, "credit");
