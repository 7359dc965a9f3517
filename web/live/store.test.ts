import { beforeEach, expect, test, vi } from "vitest";
import {
  createStore,
  fallAsleep,
  isAnythingBusy,
  type Open,
  openListeners,
  type Store,
  wakeUp,
} from "./store";

/** A store of numbers, and what a test makes it say. */
function made(isBusy?: (value: number) => boolean) {
  let say: ((value: number) => void) | undefined;
  let begun = 0;
  const open: Open<number> = (next) => {
    begun += 1;
    say = next;
    return () => {
      say = undefined;
    };
  };
  const store: Store<number> = createStore(open, isBusy);
  return { store, say: (value: number) => say?.(value), isOpen: () => say !== undefined, begun: () => begun };
}

const stops: (() => void)[] = [];
const use = ({ store }: { store: Store<number> }) => {
  const stop = store.subscribe(() => {});
  stops.push(stop);
  return stop;
};

beforeEach(() => {
  vi.useFakeTimers();
  wakeUp();
  for (const stop of stops.splice(0)) stop();
  vi.runAllTimers(); // what lingers is closed
  expect(openListeners()).toBe(0);
});

test("asleep nothing listens, and what was said stays; awake it listens again", () => {
  const one = made();
  use(one);
  one.say(7);
  fallAsleep();
  expect(one.isOpen()).toBe(false);
  expect(one.store.read().value).toBe(7);
  const late = made();
  use(late);
  expect(late.begun()).toBe(0);
  wakeUp();
  expect([one.begun(), late.begun()]).toEqual([2, 1]);
  expect(openListeners()).toBe(2);
});

test("what has lost its last user meanwhile does not begin again", () => {
  const one = made();
  const leave = use(one);
  fallAsleep();
  leave();
  wakeUp();
  expect(one.isOpen()).toBe(false);
});

test("what a store says keeps the page awake, or does not", () => {
  const open = made((jobs) => jobs > 0);
  use(open);
  expect(isAnythingBusy()).toBe(false);
  open.say(2);
  expect(isAnythingBusy()).toBe(true);
  open.say(0);
  expect(isAnythingBusy()).toBe(false);
});

test("a store that only lingers makes room for the tenth; one that is used does not", () => {
  const nine = Array.from({ length: 9 }, () => made());
  const [first, second] = nine;
  const leaving = nine.map(use);
  leaving[1]?.();
  use(made());
  expect([first?.isOpen(), second?.isOpen(), openListeners()]).toEqual([true, false, 9]);
  use(made());
  expect([first?.isOpen(), openListeners()]).toEqual([true, 10]);
});

test("what has said all is no listener, and is not asked again by whoever comes next", () => {
  let asked = 0;
  const read: Store<number> = createStore((next, _fail, done) => {
    asked += 1;
    next(1);
    done();
    return () => {};
  });
  use({ store: read });
  expect(openListeners()).toBe(0);
  use({ store: read });
  fallAsleep();
  wakeUp();
  expect(asked).toBe(1);
});
