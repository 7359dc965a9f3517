import { job } from "@/words/en";
import { Create, freshPrompt, jobsOf, uidOf } from "./create";
import { expect, signedIn, test } from "./fixtures";
import { missing } from "./page";

test("what is sent offline is kept, outlives a reload, and is one job once online", async ({
  page,
  context,
}) => {
  await signedIn(page, "/");
  const create = new Create(page);
  const uid = await uidOf(page);
  await expect(create.generate).toBeEnabled();
  // The service worker has what this page is made of.
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await page.reload();
  await expect(create.prompt).toBeVisible();
  // What is loaded when the page is idle: the form has its price, and the account is listened to.
  await expect(create.generate).toHaveAccessibleName(/\d/);
  await expect(page.getByRole("button", { name: /available$/ }).first()).toBeVisible();
  await expect.poll(() => missing(page)).toEqual([]);

  const prompt = freshPrompt("a boat at night");
  await context.setOffline(true);
  await create.prompt.fill(prompt);
  await create.generate.click();
  await expect(page.getByText(job.keptOffline).first()).toBeVisible();
  await page.reload();
  // A reloaded page is told that it is online, though nothing leaves it: so only its tile can be asked for.
  await expect(page.getByRole("main").getByText(prompt).first()).toBeVisible();
  expect(await jobsOf(page, uid)).toHaveLength(0);

  await context.setOffline(false);
  await create.seePicture(prompt);
  expect(await jobsOf(page, uid)).toHaveLength(1);
});
