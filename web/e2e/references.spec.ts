import type { Locator, Page } from "@playwright/test";
import { create as words } from "@/words/create";
import { Create, DATABASE, freshPrompt, uidOf } from "./create";
import { expect, signedIn, test } from "./fixtures";
import { drop, HEIC, pasteFiles } from "./pictures";

const png = (name: string, colour: string, width = 200) => ({ name, type: "image/png", colour, width });

function shown(page: Page): Locator {
  return page.getByRole("list", { name: words.references }).locator("li[draggable] img");
}

/** The ids of the uploads whose thumbnails are shown, in their order. */
async function seen(page: Page): Promise<string[]> {
  const addresses = await shown(page).evaluateAll((images) =>
    images.map((each) => (each as HTMLImageElement).src),
  );
  return addresses.map((address) => /[0-9a-f]{32}/.exec(decodeURIComponent(address))?.[0] ?? address);
}

/** How many pixels wide the upload with this id is, as the backend has seen it. */
async function widthOf(page: Page, id: string): Promise<number> {
  const answer = await page.request.get(`${DATABASE}/references/${await uidOf(page)}/files/${id}`, {
    headers: { Authorization: "Bearer owner" },
  });
  const { fields } = (await answer.json()) as { fields: { width: { integerValue: string } } };
  return Number(fields.width.integerValue);
}

/** Waits until so many pictures have been uploaded and looked at. */
async function ready(page: Page, count: number): Promise<void> {
  await expect
    .poll(async () => (await seen(page)).filter((id) => /^[0-9a-f]{32}$/.test(id)).length, {
      timeout: 180_000, // the backend looks at each
    })
    .toBe(count);
}

/** What the next submission names as its references. */
async function sent(page: Page, create: Create): Promise<string[]> {
  const asked = page.waitForRequest((request) => request.url().endsWith("/generateImage"));
  await create.generate.click();
  const { data } = (await asked).postDataJSON() as { data: { references?: { path: string }[] } };
  return (data.references ?? []).map(({ path }) => path);
}

const idOf = (path: string) => /([0-9a-f]{32})\.\w+$/.exec(path)?.[1] ?? path;

test("references are dropped and pasted, refused with a reason, moved by keys, and sent as they are seen", async ({
  page,
}) => {
  await signedIn(page, "/");
  const create = new Create(page);
  const main = page.getByRole("main");
  await create.prompt.fill(freshPrompt("a garden"));
  await expect(create.generate).toHaveAccessibleName(/\d/);

  await drop(page, [png("red.png", "red"), png("green.png", "green")]);
  await pasteFiles(create.prompt, [png("blue.png", "blue")]);
  await ready(page, 3);

  // Too large: nothing of it is sent.
  await drop(page, [{ name: "large.png", type: "image/png", size: 11 * 1024 * 1024 }]);
  const refusals = main.getByRole("alert");
  const tooLarge = refusals.filter({
    hasText: words.tooLarge("large.png", 11 * 1024 * 1024, 10 * 1024 * 1024),
  });
  await expect(tooLarge).toBeVisible();
  await create.generate.click();
  await expect(main.locator('[data-tone="bad"]').filter({ hasText: words.removeRefused })).toBeVisible();
  await tooLarge.getByRole("button", { name: words.remove }).click();
  await expect(tooLarge).toBeHidden();

  // The name says JPEG, the bytes do not: the backend has looked.
  await drop(page, [{ name: "photo.jpg", type: "image/jpeg", bytes: HEIC, size: 4000 }]);
  const heic = refusals.filter({ hasText: /^photo\.jpg: .*HEIC/ });
  await expect(heic).toBeVisible();
  await heic.getByRole("button", { name: words.remove }).click();
  await ready(page, 3);

  const [first, second, third] = await seen(page);
  await page.getByRole("button", { name: new RegExp(`^${words.picture(1)}:`) }).focus();
  await page.keyboard.press("Alt+ArrowDown");
  await expect(page.getByRole("button", { name: new RegExp(`^${words.picture(2)}:`) })).toBeFocused();
  await page.keyboard.press("Alt+ArrowDown");
  await expect(page.getByRole("button", { name: new RegExp(`^${words.picture(3)}:`) })).toBeFocused();
  await expect.poll(() => seen(page)).toEqual([second, third, first]);
  expect((await sent(page, create)).map(idOf)).toEqual([second, third, first]);

  // Taken out by its key: the focus goes to its neighbour, not to nowhere.
  await page.getByRole("button", { name: new RegExp(`^${words.picture(1)}:`) }).focus();
  await page.keyboard.press("Delete");
  await expect(page.getByRole("button", { name: new RegExp(`^${words.picture(1)}:`) })).toBeFocused();
  await expect.poll(() => seen(page)).toEqual([third, first]);
});

test("a picture is cropped, and what was made is used by dropping its tile or choosing it", async ({
  page,
}) => {
  await signedIn(page, "/");
  const create = new Create(page);
  const prompt = freshPrompt("a meadow");
  await create.prompt.fill(prompt);
  await expect(create.generate).toHaveAccessibleName(/\d/);
  await drop(page, [png("wide.png", "teal", 300)]);
  await ready(page, 1);
  const [whole] = await seen(page);

  const thumb = page.getByRole("button", { name: new RegExp(`^${words.picture(1)}:`) });
  await thumb.click();
  await page.getByRole("menuitem", { name: words.crop }).click();
  const dialog = page.getByRole("dialog", { name: words.cropOf(1) });
  await expect(dialog.getByRole("img", { name: words.picture(1) })).toBeVisible();
  await dialog.getByRole("button", { name: words.cropDo }).click();
  await expect(dialog).toBeHidden();
  await expect(thumb).toBeFocused();
  await ready(page, 1);
  const [part] = await seen(page);
  expect(part).not.toBe(whole);
  // Four fifths, as the dialog begins with.
  expect(await widthOf(page, part ?? "")).toBe(240);

  const paths = await sent(page, create);
  expect(paths.map(idOf)).toEqual([part]);
  await create.seePicture(prompt);

  // A tile is a link: what it names comes by its storage path, and nothing is uploaded.
  const uploads: string[] = [];
  page.on("request", (request) => {
    if (request.method() === "POST" && request.url().includes("/v0/b/")) uploads.push(request.url());
  });
  await create.picture(prompt).first().dragTo(create.prompt);
  await expect(shown(page)).toHaveCount(2);

  await page.getByRole("button", { name: words.add }).click();
  await page.getByRole("menuitem", { name: words.sources.recent }).click();
  const recent = page.getByRole("dialog", { name: words.sources.recent });
  await recent
    .getByRole("button", { name: /^Picture/ })
    .last()
    .click();
  await expect(recent).toBeHidden();
  await expect(shown(page)).toHaveCount(3);

  await page.getByRole("button", { name: words.add }).click();
  await page.getByRole("menuitem", { name: words.sources.library }).click();
  const library = page.getByRole("dialog", { name: words.sources.library });
  await expect(library.getByRole("button", { name: prompt })).toHaveCount(1);
  await library.getByRole("button", { name: prompt }).click();
  // It is in the bar already, and comes last instead of twice.
  await expect(library).toBeHidden();
  await expect(shown(page)).toHaveCount(3);

  const again = await sent(page, create);
  expect(again).toHaveLength(3);
  expect(again.slice(0, 2).map(idOf)).toEqual([part, whole]);
  expect(again[2]).toMatch(/^generating\//);
  expect(uploads).toEqual([]);

  // From the library: what a tile carries that is dragged to another window, and the same by its menu.
  await page.goto("/library");
  const tile = page.getByRole("gridcell").first();
  const transfer = await page.evaluateHandle(() => new DataTransfer());
  await tile.locator("[draggable=true]").dispatchEvent("dragstart", { dataTransfer: transfer });
  const carried = await transfer.evaluate((data) => data.getData("text/uri-list"));
  expect(carried).toMatch(/^http.*\/view\?at=images\//);
  await tile.click({ button: "right" });
  await page.getByRole("menuitem", { name: words.asReference }).click();
  await expect(page).toHaveURL(/\/$/);
  const last = `${words.picture(3)}: ${words.mode.style_and_composition}`;
  await expect(page.getByRole("button", { name: last })).toBeVisible();
});
