import type { Page } from "@playwright/test";
import { library as words } from "@/words/library";
import { Create, freshPrompt } from "./create";
import { expect, signedIn, test } from "./fixtures";
import { crowd, fill, makeOne, tileOf } from "./library";

const JOBS = 8;
const SHIFT_MAX = 0.02;

/** The sum of all layout shifts since the page was opened; the Web Vital counts only the worst five seconds of it. */
const shiftOf = (page: Page) => page.evaluate(() => (window as unknown as { shift: number }).shift);

test("nothing moves on the create page and in the library while eight jobs end", async ({
  page,
  context,
}) => {
  await context.addInitScript(() => {
    Object.assign(window, { shift: 0 });
    new PerformanceObserver((seen) => {
      for (const entry of seen.getEntries() as (PerformanceEntry & {
        value: number;
        hadRecentInput: boolean;
      })[]) {
        // What a press moves is what it was for.
        if (!entry.hadRecentInput) (window as unknown as { shift: number }).shift += entry.value;
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
  const library = await context.newPage();
  await library.goto("/library");
  await expect(tileOf(library, original.prompt)).toBeVisible();

  const prompts = Array.from({ length: JOBS }, (_, n) => freshPrompt(`kite ${n}`));
  for (const prompt of prompts) {
    await create.prompt.fill(prompt);
    await create.generate.click();
    await expect(page.getByRole("main").getByText(prompt).or(create.picture(prompt)).first()).toBeVisible();
  }
  for (const prompt of prompts) await create.seePicture(prompt);
  const fresh = library.getByRole("button", { name: words.fresh(JOBS) });
  await expect(fresh).toBeVisible();
  const shifts = { create: await shiftOf(page), library: await shiftOf(library) };
  test.info().annotations.push({ type: "layout shift", description: JSON.stringify(shifts) });
  expect(shifts.create).toBeLessThanOrEqual(SHIFT_MAX);
  expect(shifts.library).toBeLessThanOrEqual(SHIFT_MAX);

  await fresh.click();
  for (const prompt of prompts) await expect(tileOf(library, prompt)).toBeVisible();
});
