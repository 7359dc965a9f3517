import { expect, test } from "vitest";
import { SHORTCUTS, shortcutOf } from "./keys";

const press = (key: string, some = {}) => ({ key, ctrlKey: false, metaKey: false, altKey: false, ...some });

test("g, then a letter, goes somewhere; the letter alone does something else", () => {
  expect(shortcutOf(press("c"), "g")?.id).toBe("create");
  expect(shortcutOf(press("c"), undefined)?.id).toBe("compare");
});

test("Ctrl and ⌘ are one; Alt is never ours", () => {
  expect(shortcutOf(press("k", { ctrlKey: true }), undefined)?.id).toBe("commands");
  expect(shortcutOf(press("k", { metaKey: true }), undefined)?.id).toBe("commands");
  expect(shortcutOf(press("c", { altKey: true }), undefined)).toBeUndefined();
});

test("no two shortcuts of one place share their keys", () => {
  const all = SHORTCUTS.map(({ keys, where }) => `${where} ${keys}`);
  expect(new Set(all).size).toBe(all.length);
});
