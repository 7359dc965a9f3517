/** As many as one call may name. */
export const SELECTED_MAX = 100;

export interface Selection {
  /** In the order in which they were chosen: the first of two is the left one of a comparison. */
  readonly chosen: ReadonlySet<string>;
  /** Where an extension begins. */
  readonly anchor?: string;
  /** What was chosen when the anchor was set: an extension adds to it, and takes back the one before. */
  readonly base: ReadonlySet<string>;
  /** Whether the last action would have chosen more than `SELECTED_MAX`. */
  readonly isCut: boolean;
}

/** `order` are all ids that there are, in the order of reading. */
export type SelectionAction =
  | { readonly type: "toggle"; readonly id: string }
  | { readonly type: "extend"; readonly from: string; readonly to: string; readonly order: readonly string[] }
  | { readonly type: "all"; readonly order: readonly string[] }
  | { readonly type: "keep"; readonly order: readonly string[] }
  | { readonly type: "clear" };

const NONE: ReadonlySet<string> = new Set();
export const NOTHING_SELECTED: Selection = { chosen: NONE, base: NONE, isCut: false };

export function selected(before: Selection, action: SelectionAction): Selection {
  switch (action.type) {
    case "clear":
      return before.chosen.size ? NOTHING_SELECTED : before;
    case "toggle": {
      const chosen = new Set(before.chosen);
      if (!chosen.delete(action.id)) chosen.add(action.id);
      return held(chosen, before.chosen, action.id);
    }
    case "all":
      return held(action.order, NONE, before.anchor ?? action.order[0]);
    case "extend":
      return extended(before, action.from, action.to, action.order);
    case "keep": {
      if (before.chosen.size === 0) return before;
      const there = new Set(action.order);
      const chosen = new Set([...before.chosen].filter((id) => there.has(id)));
      return chosen.size === before.chosen.size ? before : held(chosen, NONE, before.anchor);
    }
  }
}

/** From the anchor (or where none is set, from where the focus is) to this one. */
function extended(before: Selection, from: string, to: string, order: readonly string[]): Selection {
  const anchored = before.anchor !== undefined && order.includes(before.anchor);
  const anchor = anchored ? (before.anchor as string) : from;
  const base = anchored ? before.base : before.chosen;
  const [at, end] = [order.indexOf(anchor), order.indexOf(to)];
  const range = at <= end ? order.slice(at, end + 1) : order.slice(end, at + 1).reverse();
  const { chosen, isCut } = held([...base, ...range], base, anchor);
  return { chosen, anchor, base, isCut };
}

function held(ids: Iterable<string>, before: ReadonlySet<string>, anchor: string | undefined): Selection {
  const wanted = new Set(ids);
  const isCut = wanted.size > SELECTED_MAX;
  const chosen = isCut ? new Set([...wanted].slice(0, SELECTED_MAX)) : wanted;
  // The one that is toggled on stays the base of an extension from it.
  const base = before === NONE ? NONE : chosen;
  return anchor === undefined ? { chosen, base, isCut } : { chosen, anchor, base, isCut };
}
