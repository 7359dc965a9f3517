import { places } from "@/words/en";
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

test("what was typed the moment before the page goes is in the bar when it comes back", async ({ page }) => {
  await signedIn(page, "/");
  const create = new Create(page);
  await expect(create.generate).toHaveAccessibleName(/\d/); // whose draft it is, is known
  await create.prompt.fill("a first thought");
  await page.reload();
  await expect(create.prompt).toHaveValue("a first thought");

  // Left and back within the studio, sooner than a change is kept.
  await create.prompt.fill("a second thought");
  const navigation = page.getByRole("navigation").first();
  await navigation.getByRole("link", { name: places.library }).click();
  await navigation.getByRole("link", { name: places.create }).click();
  await expect(create.prompt).toHaveValue("a second thought");
});
