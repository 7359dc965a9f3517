// The pair of a comparison, and the query that names it.
import { addressOf, pathAt } from "@/parts/generation-address";

export const MODES = ["slider", "side", "flick"] as const;
export type Mode = (typeof MODES)[number];

export interface Side {
  readonly path: string;
  /** Which picture, from 0; undefined: the one that is shown first. */
  readonly picture: number | undefined;
}

export interface Pair {
  readonly left: Side | undefined;
  readonly right: Side | undefined;
  /** The stored comparison, where it is one: it names both sides. */
  readonly id: string | undefined;
  readonly mode: Mode;
}

export function read(query: Pick<URLSearchParams, "get">): Pair {
  const id = query.get("id");
  return {
    left: side(query.get("l"), query.get("ln")),
    right: side(query.get("r"), query.get("rn")),
    id: id && /^[\w-]{1,128}$/.test(id) ? id : undefined,
    mode: MODES.find((mode) => mode === query.get("mode")) ?? "slider",
  };
}

export function write({ left, right, id, mode }: Pair): string {
  const said: string[] = [];
  if (id) said.push(`id=${id}`);
  else {
    if (left) said.push(`l=${addressOf(left.path)}`, ...number("ln", left));
    if (right) said.push(`r=${addressOf(right.path)}`, ...number("rn", right));
  }
  if (mode !== "slider") said.push(`mode=${mode}`);
  return said.length ? `?${said.join("&")}` : "";
}

function number(name: string, { picture }: Side): string[] {
  return picture === undefined ? [] : [`${name}=${picture + 1}`];
}

function side(address: string | null, n: string | null): Side | undefined {
  const path = pathAt(address);
  const picture = /^[1-4]$/.test(n ?? "") ? Number(n) - 1 : undefined;
  return path === undefined ? undefined : { path, picture };
}

/** The one before (-1) or behind (1) in the list, not the other side; undefined at its ends. */
export function beside(
  list: readonly string[],
  path: string,
  step: 1 | -1,
  other: string | undefined,
): string | undefined {
  const at = list.indexOf(path);
  if (at < 0) return undefined;
  const next = list[at + step];
  return next === other && next !== undefined ? list[at + 2 * step] : next;
}
