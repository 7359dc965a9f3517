import { director as words } from "@/words/create";
import { balanceOf } from "./accounts";
import { Create, freshPrompt, jobsOf, uidOf } from "./create";
import { expect, signedIn, test } from "./fixtures";

const numberIn = (text: string | null) => Number(/\d+/.exec(text ?? "")?.[0]);

test("a brief becomes concepts, one and all of them are sent, and all is charged as it was shown", async ({
  page,
}) => {
  await signedIn(page, "/");
  const create = new Create(page);
  const uid = await uidOf(page);
  const panel = page.getByRole("complementary", { name: words.title });
  await panel
    .getByRole("textbox", { name: words.brief })
    .fill(freshPrompt("posters for a lighthouse museum"));
  const choose = async (label: string, option: string) => {
    await panel.getByRole("button", { name: new RegExp(`^${label}`) }).click();
    await page.getByRole("menuitemradio", { name: option, exact: true }).click();
  };
  await choose(words.count, words.ideas(3));
  await choose(words.kind, words.kinds.image);
  const think = panel.getByRole("button", { name: new RegExp(`^${words.ask}`) });
  await expect(think).toHaveAccessibleName(/\d/);
  const price = numberIn(await think.getAttribute("aria-label"));
  await think.click();

  const cards = panel.getByRole("article");
  await expect(cards).toHaveCount(3, { timeout: 120_000 });
  await expect(panel.getByText(words.charged(price))).toBeVisible();
  const before = await balanceOf(page);
  expect(before?.held).toBe(0);

  // Into the bar first, as it is.
  const concept = (await cards.first().getByRole("paragraph").first().textContent()) ?? "";
  await cards.first().getByRole("button", { name: words.use, exact: true }).click();
  await expect(create.prompt).toHaveValue(concept);

  const generate = cards.getByRole("button", { name: new RegExp(`^${words.generate}`) });
  const prices = (await generate.allTextContents()).map(numberIn);
  await generate.first().click();
  await expect(cards.first().getByText(words.sent)).toBeVisible();
  const all = panel.getByRole("button", { name: new RegExp(`^${words.all}`) });
  const rest = prices.slice(1).reduce((sum, each) => sum + each, 0);
  expect(numberIn(await all.textContent())).toBe(rest);
  await all.click();
  await expect(cards.getByText(words.sent)).toHaveCount(3);

  await expect.poll(() => jobsOf(page, uid)).toHaveLength(3);
  // Once all are made nothing is held, and what went is what the buttons said.
  await expect.poll(async () => (await balanceOf(page))?.held, { timeout: 240_000 }).toBe(0);
  expect((await balanceOf(page))?.available).toBe((before?.available ?? 0) - rest - (prices[0] ?? 0));
});
