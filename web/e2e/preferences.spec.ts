// What the system asks for: less motion, colours of its own. (Narrow and zoomed pages: pages.spec.ts.)
import type { Locator, Page } from "@playwright/test";
import { create as words } from "@/words/create";
import { keys, places, shell } from "@/words/en";
import { Create, freshPrompt } from "./create";
import { expect, signedIn, test } from "./fixtures";

declare global {
  interface Window {
    moved: string[];
  }
}

/** Notes, frame by frame, whatever takes longer than a frame or two to change. */
async function watchMotion(page: Page): Promise<void> {
  await page.evaluate(() => {
    window.moved = [];
    const look = () => {
      for (const each of document.getAnimations()) {
        const { duration, iterations } = each.effect?.getComputedTiming() ?? {};
        const isLong = Number(duration) > 80 || iterations === Number.POSITIVE_INFINITY;
        const of = (each.effect as KeyframeEffect | null)?.target;
        if (isLong) window.moved.push(`${each.constructor.name} ${duration} ms of ${of?.className}`);
      }
      requestAnimationFrame(look);
    };
    look();
  });
}

/** Opens and closes layers, and has a picture made. */
async function use(page: Page): Promise<void> {
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("dialog", { name: shell.commands })).toBeVisible();
  await page.keyboard.press("Escape");
  await page
    .getByRole("button", { name: /available$/ })
    .first()
    .click();
  await expect(page.getByRole("dialog")).toBeVisible();
  await page.keyboard.press("Escape");
  await page
    .getByRole("button", { name: /^(No open jobs|\d+ open jobs?)$/ })
    .first()
    .click();
  await expect(page.getByRole("dialog")).toBeVisible();
  await page.keyboard.press("Escape");
  const create = new Create(page);
  const prompt = `${freshPrompt("a kite")} [[sleep:2]]`;
  await create.prompt.fill(prompt);
  await create.generate.click();
  await create.seePicture(prompt);
}

test("with reduced motion nothing moves, without it something does", async ({ page }) => {
  await signedIn(page, "/");
  await expect(page.getByRole("button", { name: /available$/ }).first()).toBeVisible();
  await watchMotion(page);
  await use(page);
  expect(await page.evaluate(() => [...new Set(window.moved)])).toEqual([]);
  await page.emulateMedia({ reducedMotion: "no-preference" });
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("dialog", { name: shell.commands })).toBeVisible();
  expect(await page.evaluate(() => window.moved.length)).toBeGreaterThan(0);
});

const edge = (of: Locator) =>
  of.evaluate((element) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    return outlineStyle === "solid" ? Number.parseFloat(outlineWidth) : 0;
  });

test("in the system's colours the focus, what is chosen and how far a job is are still seen", async ({
  page,
}) => {
  await signedIn(page, "/");
  const create = new Create(page);
  const here = page.getByRole("navigation").getByRole("link", { name: places.create });
  const kind = page.getByRole("group", { name: words.kind }).locator("label").first();
  await expect(kind).toBeVisible();
  for (const chosen of [here, kind]) expect(await edge(chosen)).toBe(0); // a fill says it
  await page.emulateMedia({ forcedColors: "active" });
  for (const chosen of [here, kind]) expect(await edge(chosen)).toBeGreaterThanOrEqual(2);

  await create.prompt.fill(`${freshPrompt("a crane")} [[sleep:10]]`);
  await page.keyboard.press("Tab");
  const focused = page.locator(":focus-visible");
  expect(await edge(focused)).toBeGreaterThanOrEqual(2);
  await create.generate.click();
  const bar = page.getByRole("progressbar").first().locator("span");
  await expect(bar).toBeVisible({ timeout: 240_000 }); // the workers make two pictures at a time, of all tests
  const fill = await bar.evaluate((element) => getComputedStyle(element).backgroundColor);
  const ground = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  expect(fill).not.toBe(ground);
  expect(fill).not.toMatch(/, 0\)$/);
  await expect(page.getByRole("button", { name: keys.favourite }).first()).toBeAttached({ timeout: 200_000 });
});
