import { expect, test } from "vitest";
import { showInTurn } from "./in-turn";

/** Stands for an element whose picture is there when a test says so. */
function picture() {
  const attributes = new Map<string, string>();
  let settle: (isThere: boolean) => void = () => {};
  const element = {
    src: "",
    decode: () =>
      new Promise<void>((resolve, reject) => {
        settle = (isThere) => (isThere ? resolve() : reject(new Error("broken")));
      }),
    setAttribute: (name: string, value: string) => attributes.set(name, value),
    removeAttribute: (name: string) => {
      attributes.delete(name);
      if (name === "src") settle(false);
    },
  };
  return {
    image: element as unknown as HTMLImageElement,
    isAsked: () => element.src !== "",
    isLoaded: () => attributes.has("data-loaded"),
    comes: (isThere = true) => settle(isThere),
  };
}

const later = () => new Promise((resolve) => setTimeout(resolve));

test("six are loaded at once, and each that ends lets the next one in", async () => {
  const all = Array.from({ length: 9 }, picture);
  const leave = all.map(({ image }, at) => showInTurn(image, `/${at}`));
  const asked = () => all.filter(({ isAsked }) => isAsked()).length;
  expect(asked()).toBe(6);
  all[0]?.comes();
  all[1]?.comes(false);
  await later();
  expect(asked()).toBe(8);
  expect(all.map(({ isLoaded }) => isLoaded()).slice(0, 3)).toEqual([true, false, false]);

  leave[8]?.(); // scrolled past before its turn
  leave[2]?.(); // taken away while it loads
  await later();
  expect(all[8]?.isAsked()).toBe(false);
  for (const { comes } of all) comes();
  await later();
  expect(all.map(({ isLoaded }) => isLoaded())).toEqual([true, false, false, ...Array(5).fill(true), false]);
});
