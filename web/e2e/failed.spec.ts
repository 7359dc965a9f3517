import type { Page } from "@playwright/test";
import { create as words } from "@/words/create";
import { failure, job } from "@/words/en";
import { balanceOf } from "./accounts";
import { Create, freshPrompt } from "./create";
import { expect, signedIn, test } from "./fixtures";

const failed = (code: string, retryable: boolean, message = "") =>
  failure({ code, message, retryable }, 1, 0).says;

/** What the built-in renderer is told by a tag in the prompt, and what the tile then says and offers. */
const CASES = [
  {
    tag: "[[fail:permanent]]",
    says: failed("provider-rejected", false, "The renderer refused the request."),
    offers: job.edit,
  },
  { tag: "[[blocked]]", says: failed("content-blocked", false), offers: job.edit },
  {
    tag: "[[fail:always]]",
    says: /^The model did not answer after \d+ tries\. Nothing was charged\.$/,
    offers: job.retry,
  },
];

/** What was held comes back with the trigger, a moment after the view has said how the job ended. */
const SETTLING = { message: "held", timeout: 120_000 };
const heldOf = async (page: Page) => (await balanceOf(page))?.held;

for (const { tag, says, offers } of CASES) {
  test(`${tag} says why and that nothing was charged, and offers "${offers}"`, async ({ page }) => {
    await signedIn(page, "/");
    const create = new Create(page);
    const prompt = `${freshPrompt("a barn")} ${tag}`;
    await create.prompt.fill(prompt);
    await create.generate.click();
    const main = page.getByRole("main");
    await expect(main.getByText(says).first()).toBeVisible({ timeout: 200_000 });
    await expect.poll(() => heldOf(page), SETTLING).toBe(0);
    await main.getByRole("button", { name: offers }).first().click();
    if (offers === job.edit) {
      await expect(create.prompt).toBeFocused();
      const mended = freshPrompt("a barn, mended");
      await create.prompt.fill(mended);
      await create.generate.click();
      await create.seePicture(mended);
    } else {
      await expect(main.getByText(says)).toBeHidden();
    }
  });
}

test("[[fail:transient:2]] is tried again by itself and is a picture in the end", async ({ page }) => {
  await signedIn(page, "/");
  const create = new Create(page);
  const prompt = `${freshPrompt("a mill")} [[fail:transient:2]]`;
  await create.prompt.fill(prompt);
  await create.generate.click();
  await create.seePicture(prompt, 200_000);
});

test("[[partial:1]] of 4 shows what was made, says what came back, and makes the rest", async ({ page }) => {
  await signedIn(page, "/");
  const create = new Create(page);
  const prompt = `${freshPrompt("a bridge")} [[partial:1]]`;
  await create.prompt.fill(prompt);
  await page.getByRole("button", { name: new RegExp(`^${words.count}:`) }).click();
  await page.getByRole("radio", { name: words.times(4) }).click();
  await page.keyboard.press("Escape");
  const asked = Number(/\d+/.exec((await create.generate.getAttribute("aria-label")) ?? "")?.[0]);
  await create.generate.click();
  const main = page.getByRole("main");
  await create.seePicture(prompt);
  const back = (asked / 4) * 3;
  await expect(main.getByText(job.partial(1, 4, back))).toBeVisible();
  await expect.poll(() => heldOf(page), SETTLING).toBe(0);
  const before = await balanceOf(page);

  // The renderer obeys its tag once more: one of the other three.
  await main.getByRole("button", { name: job.rest(3) }).click();
  await expect(main.getByText(job.partial(1, 3, (asked / 4) * 2))).toBeVisible({ timeout: 180_000 });
  await expect.poll(() => heldOf(page), SETTLING).toBe(0);
  expect((await balanceOf(page))?.available).toBe((before?.available ?? 0) - asked / 4);
});
