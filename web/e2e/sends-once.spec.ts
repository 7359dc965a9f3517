import { Create, freshPrompt, holdsOf, jobsOf, uidOf } from "./create";
import { expect, signedIn, test } from "./fixtures";

test("a double click, a held Enter and Enter while composing send 1, 1 and 0 jobs", async ({ page }) => {
  await signedIn(page, "/");
  const create = new Create(page);
  const uid = await uidOf(page);
  const jobs = () => jobsOf(page, uid);

  const clicked = freshPrompt("an owl");
  await create.prompt.fill(clicked);
  await create.generate.dblclick();
  await create.seePicture(clicked);
  expect(await jobs()).toHaveLength(1);

  const held = freshPrompt("a fox");
  await create.prompt.fill(held);
  await page.keyboard.down("Enter");
  for (let repeat = 0; repeat < 5; repeat += 1) await page.keyboard.down("Enter");
  await page.keyboard.up("Enter");
  await create.seePicture(held);
  expect(await jobs()).toHaveLength(2);

  await create.prompt.fill(freshPrompt("a heron"));
  await create.prompt.dispatchEvent("keydown", {
    key: "Enter",
    code: "Enter",
    isComposing: true,
    bubbles: true,
  });
  await create.prompt.dispatchEvent("keydown", { key: "Enter", code: "Enter", keyCode: 229, bubbles: true });
  await page.waitForTimeout(2000); // what must not come would be there by then
  expect(await jobs()).toHaveLength(2);
  expect(await holdsOf(page, uid)).toHaveLength(2);
});

test("two presses are two jobs after 600 ms", async ({ page }) => {
  await signedIn(page, "/");
  const create = new Create(page);
  const uid = await uidOf(page);
  const prompt = freshPrompt("a kite");
  await create.prompt.fill(prompt);
  await create.generate.click();
  await page.waitForTimeout(1000);
  await create.generate.click();
  await expect(create.picture(prompt)).toHaveCount(2, { timeout: 180_000 });
  expect(await jobsOf(page, uid)).toHaveLength(2);
});
