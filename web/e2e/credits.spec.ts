import { create as words } from "@/words/create";
import { refusal } from "@/words/en";
import { adjust, balanceOf } from "./accounts";
import { Create, freshPrompt, jobsOf, uidOf } from "./create";
import { expect, signedIn, test } from "./fixtures";

const LEFT = 3;

test("out of credits keeps the form, names both numbers, and is over with a cheaper request", async ({
  page,
}) => {
  await signedIn(page, "/");
  const create = new Create(page);
  const uid = await uidOf(page);
  const spent = freshPrompt("a cottage");
  await create.prompt.fill(spent);
  await create.generate.click();
  await create.seePicture(spent);
  const before = await balanceOf(page);
  await adjust(page, LEFT - (before?.available ?? 0));

  const prompt = freshPrompt("a castle");
  await create.prompt.fill(prompt);
  await page.getByRole("button", { name: new RegExp(`^${words.count}:`) }).click();
  await page.getByRole("radio", { name: words.times(4) }).click();
  await page.keyboard.press("Escape");
  const required = Number(/\d+/.exec((await create.generate.getAttribute("aria-label")) ?? "")?.[0]);
  expect(required).toBeGreaterThan(LEFT);
  await create.generate.click();

  const details = { reason: "insufficient-credits", required, available: LEFT };
  const says = refusal({ reason: "insufficient-credits", message: "", details });
  const notice = page.getByRole("main").locator('[data-tone="bad"]').filter({ hasText: says });
  await expect(notice).toBeVisible();
  await expect(notice.getByRole("link", { name: words.buy })).toHaveAttribute("href", /account/);
  await expect(create.prompt).toHaveValue(prompt);
  await expect(page.getByRole("button", { name: `${words.count}: 4` })).toBeVisible();
  expect(await jobsOf(page, uid)).toHaveLength(1);

  await page.getByRole("button", { name: `${words.count}: 4` }).click();
  await page.getByRole("radio", { name: words.times(1) }).click();
  await page.keyboard.press("Escape");
  await create.generate.click();
  await expect(notice).toBeHidden();
  await create.seePicture(prompt);
  expect((await balanceOf(page))?.available).toBeLessThan(LEFT);
});
