import { create as words } from "@/words/create";
import { Create, freshPrompt, jobsOf, uidOf } from "./create";
import { expect, signedIn, test } from "./fixtures";

test("a kind that the tier has no model for is said, by link too, and the usual one is a press away", async ({
  page,
}) => {
  await signedIn(page, "/?kind=video");
  const create = new Create(page);
  const uid = await uidOf(page);
  const main = page.getByRole("main");
  const notice = main.locator('[data-tone="bad"]').filter({ hasText: words.kindNotInTier.video });
  await expect(notice).toBeVisible();
  await expect(notice.getByRole("link", { name: words.tiers })).toBeVisible();
  // The model says so, too, and cannot be chosen.
  await page.getByRole("button", { name: new RegExp(`^${words.model}:`) }).click();
  const locked = page.getByRole("radio", { name: new RegExp(words.locked) }).first();
  await expect(locked).toHaveAttribute("aria-disabled", "true");
  await page.keyboard.press("Escape");

  // Who presses all the same is told by the backend, and loses nothing.
  const prompt = freshPrompt("a windmill");
  await create.prompt.fill(prompt);
  await create.generate.click();
  await expect(
    main.locator('[data-tone="bad"]').filter({ hasText: "is not part of your tier." }),
  ).toBeVisible();
  await expect(create.prompt).toHaveValue(prompt);

  await notice.getByRole("button", { name: words.makeImage }).click();
  await expect(notice).toBeHidden();
  await expect(page.getByRole("radio", { name: words.image, exact: true })).toBeChecked();
  await expect(create.prompt).toHaveValue(prompt);
  await create.generate.click();
  await create.seePicture(prompt);
  expect(await jobsOf(page, uid)).toHaveLength(1);
});
