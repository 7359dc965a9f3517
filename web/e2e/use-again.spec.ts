import { create as words } from "@/words/create";
import { details } from "@/words/details";
import { app, job } from "@/words/en";
import { patch } from "./accounts";
import { Create, freshPrompt, jobsOf, uidOf } from "./create";
import { expect, signedIn, test } from "./fixtures";

/** A model that the catalogue does not have any more. */
const RETIRED = "retired-image";

test("use again fills the bar, gives the draft back, and names what is not there any more", async ({
  page,
}) => {
  await signedIn(page, "/");
  const create = new Create(page);
  const uid = await uidOf(page);
  const prompt = freshPrompt("a vineyard");
  await create.prompt.fill(prompt);
  await create.generate.click();
  await create.seePicture(prompt);

  const draft = "my next thought";
  await create.prompt.fill(draft);
  await page.getByRole("link", { name: job.open(prompt) }).click();
  // The last that the page learns: a button that is drawn anew between press and release has no click.
  await expect(page.getByRole("button", { name: /variations.*credits/ })).toBeVisible();
  await page.getByRole("button", { name: details.useAgain, exact: true }).click();
  await expect(create.prompt).toHaveValue(prompt);
  await expect(page).toHaveURL(/\/$/);
  const toast = page.locator("li").filter({ hasText: words.replaced });
  await toast.getByRole("button", { name: app.undo }).click();
  await expect(create.prompt).toHaveValue(draft);

  // The same job, had it been made with what is gone by now.
  const [id] = await jobsOf(page, uid);
  const request = { prompt, model: RETIRED, referencePackId: "gone-since" };
  const fields = Object.entries(request).map(([name, value]) => [name, { stringValue: value }]);
  await patch(page, `generations/${uid}/images/${id}`, {
    request_data: { mapValue: { fields: Object.fromEntries(fields) } },
  });
  await page.goto(`/?from=images/${uid}/${id}`);
  await expect(create.prompt).toHaveValue(prompt);
  await expect(page.getByText(words.gone(RETIRED))).toBeVisible();
  await expect(page.getByText(words.gone(words.pack))).toBeVisible();

  const asked = page.waitForRequest((request) => request.url().endsWith("/generateImage"));
  await create.generate.click();
  const { data } = (await asked).postDataJSON() as { data: Record<string, unknown> };
  expect(data.prompt).toBe(prompt);
  expect(data.model).not.toBe(RETIRED);
  expect(data).not.toHaveProperty("referencePackId");
  await page.getByRole("button", { name: words.dismiss }).first().click();
  await expect(page.getByText(words.gone(words.pack))).toBeHidden();
});
