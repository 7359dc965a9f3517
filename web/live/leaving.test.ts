import { expect, test } from "vitest";
import { type Left, leaving } from "./leaving";
import { createStore } from "./store";

interface Thing {
  readonly id: string;
  readonly isOpen: boolean;
}

/** A list that the test tells what is in it, and reads that it answers. */
function begun() {
  let say: (things: readonly Thing[]) => void = () => {};
  const list = createStore<readonly Thing[]>((next) => {
    say = next;
    return () => {};
  });
  const answers = new Map<string, (thing: Thing | undefined) => void>();
  const read = (id: string) =>
    new Promise<Thing>((resolve, reject) =>
      answers.set(id, (thing) => (thing ? resolve(thing) : reject(new Error("gone")))),
    );
  const store = createStore<Left<Thing>>(
    leaving(list, { keyOf: ({ id }) => id, read, isOpen: (thing) => thing.isOpen }),
  );
  const seen: string[] = [];
  const look = () => {
    const { ended = [], ending = [] } = store.read().value ?? {};
    const ids = (things: readonly Thing[] | undefined) => (things ?? []).map(({ id }) => id).join("");
    seen.push(`${ids(list.read().value)}/${ids(ending)}/${ids(ended)}`);
  };
  const stop = store.subscribe(look);
  return {
    seen,
    stop,
    list: (ids: string) => say([...ids].map((id) => ({ id, isOpen: true }))),
    async answer(id: string, thing: Thing | undefined) {
      answers.get(id)?.(thing);
      await Promise.resolve();
      await Promise.resolve();
    },
  };
}

test("what leaves the list is ending until it is known how, and is never nowhere", async () => {
  const { list, answer, seen, stop } = begun();
  list("ab");
  list("b");
  list("");
  await answer("a", { id: "a", isOpen: false });
  await answer("b", { id: "b", isOpen: false });
  expect(seen).toEqual(["//", "b/a/", "/ba/", "/b/a", "//ba"]);
  stop();
});

test("what was deleted, or is open again, ends nowhere", async () => {
  const { list, answer, seen, stop } = begun();
  list("ab");
  list("");
  await answer("a", undefined);
  await answer("b", { id: "b", isOpen: true });
  expect(seen.at(-1)).toBe("//");
  stop();
});
