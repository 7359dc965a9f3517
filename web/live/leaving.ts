// What leaves a list of open things is read once, because the list does not say how it ended. Until that is known it
// is as it was last: whoever shows both sees it all the time.
import type { Open, Store } from "./store";

const MAX = 100;

interface How<T> {
  readonly keyOf: (item: T) => string;
  readonly read: (key: string) => Promise<T>;
  readonly isOpen: (item: T) => boolean;
}

export interface Left<T> {
  /** What has left the list since somebody looks at it, last ended first. */
  readonly ended: readonly T[];
  /** What has left it and is being read, as the list had it last. */
  readonly ending: readonly T[];
}

/**
 * What has left the list. What has ended, was opened again and has ended again is there once. `onLook` is given what
 * asks for one by its key, and nothing once that is over.
 */
export function leaving<T>(
  list: Store<readonly T[]>,
  { keyOf, read, isOpen }: How<T>,
  onLook: (look: ((key: string) => void) | undefined) => void = () => {},
): Open<Left<T>> {
  return (next, _fail, done) => {
    done(); // the list listens, not this
    let left: Left<T> = { ended: [], ending: [] };
    let before: readonly T[] = [];
    let isOver = false;
    const tell = (change: Partial<Left<T>>) => {
      left = { ...left, ...change };
      next(left);
    };
    const others = (items: readonly T[], key: string) => items.filter((each) => keyOf(each) !== key);
    const look = (key: string) => {
      read(key).then(
        (item) => {
          if (isOver) return;
          const ending = others(left.ending, key);
          if (isOpen(item)) tell({ ending });
          else tell({ ending, ended: [item, ...others(left.ended, key)].slice(0, MAX) });
        },
        () => !isOver && tell({ ending: others(left.ending, key) }), // deleted meanwhile
      );
    };
    onLook(look);
    const stop = list.subscribe(() => {
      const { value } = list.read();
      if (!value || value === before) return;
      const now = new Set(value.map(keyOf));
      const gone = before.filter((item) => !now.has(keyOf(item)));
      before = value;
      // In the same breath as the list: nobody sees the one without the other.
      if (gone.length > 0) tell({ ending: [...gone, ...left.ending] });
      for (const item of gone) look(keyOf(item));
    });
    next(left);
    return () => {
      isOver = true;
      onLook(undefined);
      stop();
    };
  };
}
