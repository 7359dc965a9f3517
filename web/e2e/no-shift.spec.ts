import type { Page } from "@playwright/test";
import { library as words } from "@/words/library";
import { Create, freshPrompt } from "./create";
import { expect, signedIn, test } from "./fixtures";
import { crowd, fill, makeOne, tileOf } from "./library";

const JOBS = 8;
const SHIFT_MAX = 0.02;

interface Shift {
  readonly value: number;
  /** When, in ms since the page was opened. */
  readonly at: number;
  /** What has moved, as it begins in the HTML. */
  readonly what: readonly string[];
}

/** All layout shifts since the page was opened are small; the Web Vital counts only the worst five seconds of them. */
async function still(page: Page): Promise<void> {
  const shifts = await page.evaluate(() => (window as unknown as { shifts: Shift[] }).shifts);
  const sum = shifts.reduce((all, { value }) => all + value, 0);
  expect(sum, JSON.stringify(shifts, undefined, 1)).toBeLessThanOrEqual(SHIFT_MAX);
}

// Not yet held: on the create page rows of the feed move twice (0.055 each) while jobs end. What leaves the open jobs is
// read once before it is among the ended ones (live/leaving.ts), and meanwhile the feed probably has it nowhere.
test.fixme("nothing moves on the create page and in the library while eight jobs end", {
  tag: "@alone",
}, async ({ page, context }) => {
  await context.addInitScript(() => {
    const shifts: Shift[] = [];
    Object.assign(window, { shifts });
    new PerformanceObserver((seen) => {
      for (const entry of seen.getEntries() as (PerformanceEntry & {
        value: number;
        hadRecentInput: boolean;
        sources: readonly { readonly node?: Node }[];
      })[]) {
        if (entry.hadRecentInput) continue; // what a press moves is what it was for
        const what = entry.sources.map(
          ({ node }) => (node as Element | null)?.outerHTML?.slice(0, 160) ?? "",
        );
        shifts.push({ value: entry.value, at: entry.startTime, what });
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
  await signedIn(page, "/");
  const original = await makeOne(page);
  await fill(page, original, crowd(original, 30));
  await page.reload();
  const create = new Create(page);
  await expect(
    page
      .getByRole("main")
      .getByRole("img", { name: /^crowd/ })
      .first(),
  ).toBeVisible();
  await still(page);
  const library = await context.newPage();
  await library.goto("/library");
  await expect(tileOf(library, original.prompt)).toBeVisible();

  const feed = page.locator('section[aria-labelledby="feed"]');
  const prompts = Array.from({ length: JOBS }, (_, n) => freshPrompt(`kite ${n}`));
  for (const prompt of prompts) {
    await create.prompt.fill(prompt);
    await create.generate.click();
    // In the feed: the bar has its words, too.
    await expect(feed.getByText(prompt).or(feed.getByAltText(prompt)).first()).toBeVisible();
  }
  // What a press has moved was asked for, however long it took.
  await page.evaluate(() => (window as unknown as { shifts: Shift[] }).shifts.splice(0));
  for (const prompt of prompts) await create.seePicture(prompt);
  const fresh = library.getByRole("button", { name: words.fresh(JOBS) });
  await expect(fresh).toBeVisible();
  for (const each of [page, library]) await still(each);

  await fresh.click();
  for (const prompt of prompts) await expect(tileOf(library, prompt)).toBeVisible();
});
