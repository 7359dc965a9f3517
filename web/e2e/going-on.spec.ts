import { create as words } from "@/words/create";
import { details } from "@/words/details";
import { job } from "@/words/en";
import { setTier } from "./accounts";
import { Create, freshPrompt } from "./create";
import { expect, signedIn, test } from "./fixtures";

test("a picture that was made is edited, made a video of, and the video goes on", async ({ page }) => {
  await signedIn(page, "/");
  await setTier(page, "pro");
  const create = new Create(page);
  const press = (name: string) => page.getByRole("button", { name, exact: true }).click();
  const open = (prompt: string) => page.getByRole("link", { name: job.open(prompt) }).click();
  /** Generates what stands in the bar, and answers what was asked for. */
  const generate = async (prompt: string, callable: string) => {
    await create.prompt.fill(prompt);
    const asked = page.waitForRequest((request) => request.url().endsWith(`/${callable}`));
    await create.generate.click();
    const { data } = (await asked).postDataJSON() as { data: Record<string, { path: string }> };
    await create.seePicture(prompt);
    return data;
  };
  const first = freshPrompt("a harbour");
  await generate(first, "generateImage");

  await open(first);
  await press(details.goOn.edit);
  await expect(create.prompt).toHaveAttribute("placeholder", words.placeholder.edit);
  await expect(page.getByRole("button", { name: `${words.remove}: ${words.editing}` })).toBeVisible();
  const edited = freshPrompt("at night");
  const edit = await generate(edited, "generateImage");
  expect(edit.editOf?.path).toMatch(/^generating\/.*\.png$/);

  await open(edited);
  await expect(page.getByText(details.editOf)).toBeVisible();
  await press(details.goOn.frame);
  await page.getByRole("button", { name: new RegExp(`^${words.duration}:`) }).click();
  await page.getByRole("radio", { name: words.seconds(1), exact: true }).click();
  await page.keyboard.press("Escape");
  const filmed = freshPrompt("boats leave");
  expect((await generate(filmed, "generateVideo")).firstFrame?.path).toMatch(/\.png$/);

  await open(filmed);
  await press(details.goOn.extend);
  await page.getByRole("button", { name: new RegExp(`^${words.duration}:`) }).click();
  await page.getByRole("radio", { name: words.seconds(1), exact: true }).click();
  await page.keyboard.press("Escape");
  const more = await generate(freshPrompt("the sea is empty"), "generateVideo");
  expect(more.extendOf?.path).toMatch(/\.mp4$/);
  expect(more).not.toHaveProperty("firstFrame");
});
