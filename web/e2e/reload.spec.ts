import { Create, freshPrompt, holdsOf, jobsOf, uidOf } from "./create";
import { EMULATORS, expect, signedIn, test } from "./fixtures";

test("a reload before the answer loses nothing and sends nothing twice", async ({ page }) => {
  await signedIn(page, "/");
  const create = new Create(page);
  const uid = await uidOf(page);
  const prompt = freshPrompt("a harbour in fog");
  // The request arrives, and its answer never does: the page is gone by then.
  const submitted = page.waitForRequest(
    (request) =>
      request.url().includes(`:${EMULATORS.functions}/`) && request.url().endsWith("/generateImage"),
  );
  await create.prompt.fill(prompt);
  await create.generate.click();
  await submitted;
  await page.reload();

  await expect(page.getByRole("main").getByText(prompt).or(create.picture(prompt)).first()).toBeVisible();
  await create.seePicture(prompt);
  expect(await jobsOf(page, uid)).toHaveLength(1);
  expect(await holdsOf(page, uid)).toHaveLength(1);
});
