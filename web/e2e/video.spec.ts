import { create as words } from "@/words/create";
import { app, job } from "@/words/en";
import { setTier } from "./accounts";
import { Create, freshPrompt } from "./create";
import { expect, signedIn, test } from "./fixtures";

test("a video has a form of its own, what had to change is undone at once, and it plays when asked", async ({
  page,
}) => {
  await signedIn(page, "/");
  await setTier(page, "pro");
  const create = new Create(page);
  const chip = (name: string) => page.getByRole("button", { name: new RegExp(`^${name}(:|$)`) });
  const kind = (name: string) => page.getByRole("radio", { name, exact: true });
  const prompt = freshPrompt("waves at a pier");
  await create.prompt.fill(prompt);
  await chip(words.ratio).click();
  await page.getByRole("radio", { name: /^4:5,/ }).click();
  await page.keyboard.press("Escape");
  await expect(chip(words.count)).toBeVisible();

  await kind(words.video).check({ force: true });
  await expect(page.getByText(words.changed(words.lost.aspectRatio))).toBeVisible();
  await expect(chip(words.count)).toBeHidden();
  for (const name of [words.duration, words.resolution, words.sound]) await expect(chip(name)).toBeVisible();
  await expect(page.getByRole("button", { name: words.firstFrame })).toBeVisible();
  await page.getByRole("button", { name: app.undo, exact: true }).click();
  await expect(kind(words.image)).toBeChecked();
  await expect(page.getByRole("button", { name: `${words.ratio}: 4:5` })).toBeVisible();
  await expect(create.prompt).toHaveValue(prompt);

  await kind(words.video).check({ force: true });
  const choose = async (name: string, option: string) => {
    await chip(name).click();
    await page.getByRole("radio", { name: option, exact: true }).click();
    await page.keyboard.press("Escape");
  };
  await choose(words.duration, words.seconds(1));
  await choose(words.sound, words.withoutSound);
  await chip(words.resolution).click();
  await page.getByRole("radio", { name: /^360p/ }).click();
  await page.keyboard.press("Escape");
  const asked = page.waitForRequest((request) => request.url().endsWith("/generateVideo"));
  await create.generate.click();
  const { data } = (await asked).postDataJSON() as { data: Record<string, unknown> };
  expect(data).toMatchObject({ durationSeconds: 1, resolution: "360p", generateAudio: false });
  await create.seePicture(prompt);

  await page.getByRole("link", { name: job.open(prompt) }).click();
  await expect(page).toHaveURL(/\/view\?at=videos/);
  const film = page.locator("video");
  await expect(film).toBeVisible();
  const told = () =>
    film.evaluate((element) => {
      const { controls, muted, paused, poster, readyState, duration } = element as HTMLVideoElement;
      return { controls, muted, paused, hasPoster: poster !== "", isKnown: readyState > 0, duration };
    });
  await expect.poll(told).toMatchObject({
    controls: true,
    muted: true,
    paused: true,
    hasPoster: true,
    isKnown: true,
    duration: expect.closeTo(1, 0),
  });
});
