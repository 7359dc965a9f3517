// What leaves a list of open things is read once, because the list does not say how it ended.
import type { Open, Store } from "./store";

const MAX = 100;

interface How<T> {
  readonly keyOf: (item: T) => string;
  readonly read: (key: string) => Promise<T>;
  readonly isOpen: (item: T) => boolean;
}

/**
 * What has left the list since somebody looks at it, last ended first. What has ended, was opened again and
 * has ended again is there once. `onLook` is given what asks for one by its key, and nothing once that is over.
 */
export function leaving<T>(
  list: Store<readonly T[]>,
  { keyOf, read, isOpen }: How<T>,
  onLook: (look: ((key: string) => void) | undefined) => void = () => {},
): Open<readonly T[]> {
  return (next, _fail, done) => {
    done(); // the list listens, not this
    let all: readonly T[] = [];
    let before = new Set<string>();
    let isOver = false;
    const look = (key: string) => {
      read(key).then(
        (item) => {
          if (isOver || isOpen(item)) return;
          all = [item, ...all.filter((each) => keyOf(each) !== key)].slice(0, MAX);
          next(all);
        },
        () => {}, // deleted meanwhile
      );
    };
    onLook(look);
    const stop = list.subscribe(() => {
      const { value } = list.read();
      if (!value) return;
      const now = new Set(value.map(keyOf));
      for (const key of before) if (!now.has(key)) look(key);
      before = now;
    });
    next(all);
    return () => {
      isOver = true;
      onLook(undefined);
      stop();
    };
  };
}
