import { brandWords as words } from "@/words/brands";
import { setTier } from "./accounts";
import { expect, signedIn, test } from "./fixtures";
import { choose } from "./people";

test("a brand is trained from five pictures to ready, at the price on the button", async ({ page }) => {
  await signedIn(page, "/");
  await page.goto("/brands?new=1");
  const main = page.getByRole("main");
  await expect(main.getByText(words.notInTier)).toBeVisible();
  await setTier(page, "pro");
  await expect(main.getByText(words.notInTier)).toHaveCount(0);

  await main.getByLabel(words.name).fill("Northwind");
  await choose(main, 1, 2, 3, 4);
  const pictures = main.getByRole("list", { name: words.pictures }).getByRole("listitem");
  await expect(pictures).toHaveCount(4, { timeout: 240_000 });
  const train = main.getByRole("button", { name: /^Train for \d+ credits$/ });
  await expect(train).toHaveAttribute("aria-disabled", "true");
  await expect(main.getByText(words.needsPictures(1))).toBeVisible();
  await choose(main, 5);
  await expect(pictures).toHaveCount(5, { timeout: 120_000 });
  const [, price = ""] = /for (\d+)/.exec((await train.textContent()) ?? "") ?? [];
  await train.click();

  const steps = main.getByRole("list", { name: words.steps }).getByRole("listitem");
  await expect(steps).toHaveCount(4);
  await expect(steps.nth(3)).toContainText(words.states.done, { timeout: 240_000 });
  await expect(main.getByRole("button", { name: /Northwind/ })).toContainText(words.statuses.ready);
  await expect(main.getByRole("link", { name: words.use })).toHaveAttribute("href", /\/\?brand=/);

  await page.goto("/account?tab=ledger");
  await expect(page.getByText("Brand training").first()).toBeVisible();
  await expect(page.getByText(`–${price}`, { exact: true }).first()).toBeVisible();
});
