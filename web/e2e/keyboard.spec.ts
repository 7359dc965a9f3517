// Everything without a pointer: by Tab, Enter, Space, Escape, arrows and the shortcuts that `?` shows.
import type { Locator, Page } from "@playwright/test";
import { SHORTCUTS } from "@/parts/keys";
import { job, keys, session, shell } from "@/words/en";
import { jobs } from "@/words/jobs";
import { library } from "@/words/library";
import { picture } from "./content";
import { Create, freshPrompt, jobsOf, uidOf } from "./create";
import { expect, signedIn, test } from "./fixtures";

const STEPS_MAX = 60;

/** Goes on by Tab until it has the focus. */
async function tabTo(page: Page, wanted: Locator, key = "Tab"): Promise<void> {
  await expect(wanted).toBeVisible();
  for (let step = 0; step < STEPS_MAX; step += 1) {
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press(key);
  }
  throw new Error(`Tab does not come to ${wanted}`);
}

/** Wherever a layer has been, something has the focus, and it is not the whole page. */
async function expectFocus(page: Page, after: string): Promise<void> {
  const onNothing = () =>
    page.evaluate(() => !document.activeElement || document.activeElement === document.body);
  await expect.poll(onNothing, { message: `after ${after} something has the focus` }).toBe(false);
}

test("sign in, create, cancel and the library by keys alone", async ({ page }) => {
  await page.goto("/");
  await tabTo(page, page.getByRole("button", { name: shell.signIn, exact: true }).first());
  await page.keyboard.press("Enter");
  await tabTo(page, page.getByRole("button", { name: session.another }));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog")).toBeHidden();
  await expectFocus(page, "signing in");

  const create = new Create(page);
  const made = freshPrompt("a lighthouse");
  await page.keyboard.press("/");
  await expect(create.prompt).toBeFocused();
  await page.keyboard.type(made);
  await page.keyboard.press("Control+Enter");
  await create.seePicture(made);
  await expect(create.prompt).toBeFocused();

  const unwanted = `${freshPrompt("a heron")} [[sleep:20]]`;
  await create.prompt.selectText();
  await page.keyboard.type(unwanted);
  await page.keyboard.press("Enter");
  const main = page.getByRole("main");
  // The workers make two pictures at a time, of all tests.
  await expect(main.getByText(job.processing).first()).toBeVisible({ timeout: 240_000 });
  await tabTo(page, main.getByRole("button", { name: job.cancel }).first());
  await page.keyboard.press("Enter");
  await expect(main.getByText(/^Cancelled\./)).toBeVisible();
  await expectFocus(page, "cancelling");

  await page.keyboard.press("g");
  await page.keyboard.press("l");
  await expect(page).toHaveURL(/\/library$/);
  await expect(page.getByRole("heading", { level: 1, name: library.title })).toBeFocused();
  const tile = page.getByRole("grid").locator("[data-id]").first();
  await tabTo(page, tile);
  await page.keyboard.press("Enter");
  const details = page.getByRole("dialog");
  await expect(details.getByRole("heading", { name: made })).toBeVisible();
  // It hears keys once it has taken the focus, a moment after it is shown.
  await expect(details.locator(":focus")).toHaveCount(1);
  await page.keyboard.press("f");
  await expect(details.getByRole("button", { name: library.unstar })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(details).toBeHidden();
  await expect(tile).toBeFocused();
  await page.keyboard.press("Delete");
  // A favourite is asked about, and the safe answer has the focus.
  await expect(page.getByRole("alertdialog")).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alertdialog")).toBeHidden();
  await expect(tile).toBeFocused();
});

test("a layer that is closed by Escape gives the focus back", async ({ page }) => {
  await signedIn(page, "/");
  await expect(page.getByRole("button", { name: /available$/ }).first()).toBeVisible();
  const layer = page.getByRole("dialog").or(page.getByRole("menu"));
  const openers: readonly [string, () => Promise<void>][] = [
    ["the command menu, from nowhere", () => page.keyboard.press("Control+k")],
    ["the shortcuts", () => page.keyboard.press("?")],
    [
      "the jobs",
      async () => {
        await page.keyboard.press("g");
        await page.keyboard.press("j");
      },
    ],
  ];
  for (const [name, open] of openers) {
    await open();
    await expect(layer, name).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(layer, name).toBeHidden();
    await expectFocus(page, name);
  }
  // The jobs are no cover: the page beside them stays in use.
  await page.keyboard.press("g");
  await page.keyboard.press("j");
  await expect(page.getByRole("dialog", { name: jobs.title })).toBeVisible();
  await page.keyboard.press("/");
  await expect(new Create(page).prompt).toBeFocused();
  await page.keyboard.press("Escape");
  await new Create(page).prompt.blur();
  for (const name of [
    new RegExp(`^${shell.pays}`),
    shell.jobs(0),
    /available$/,
    new RegExp(`^${shell.account("")}`),
  ]) {
    const opener = page.getByRole("navigation").getByRole("button", { name }).first();
    await opener.focus();
    await page.keyboard.press("Enter");
    await expect(layer, String(name)).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(layer, String(name)).toBeHidden();
    await expect(opener).toBeFocused();
  }
  // A menu's item opens a layer: the menu is gone by then, and its button is not.
  const avatar = page
    .getByRole("navigation")
    .getByRole("button", { name: shell.account("") })
    .first();
  for (const time of ["first", "second"]) {
    await avatar.focus();
    await page.keyboard.press("Enter");
    await expect(page.getByRole("menu"), time).toBeVisible();
    // The focus follows an arrow a moment later: the next arrow waits for it.
    const item = page.getByRole("menu").locator("[role^=menuitem]:focus");
    for (;;) {
      const at = (await item.textContent()) ?? "";
      if (at.includes(shell.shortcuts)) break;
      await page.keyboard.press("ArrowDown");
      await expect(item, time).not.toHaveText(at);
    }
    await page.keyboard.press("Enter");
    await expect(page.getByRole("dialog", { name: shell.shortcuts }), time).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog"), time).toBeHidden();
    await expect(avatar, time).toBeFocused();
  }
});

test("what a dialog covers has no keys", async ({ page }) => {
  await signedIn(page, "/");
  const create = new Create(page);
  const uid = await uidOf(page);
  await create.prompt.fill(freshPrompt("an otter"));
  await create.prompt.blur();
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: shell.shortcuts })).toBeVisible();
  await page.keyboard.press("Control+Enter");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toBeHidden();
  // Another prompt: the same one would be the same press.
  const wanted = freshPrompt("a stoat");
  await create.prompt.fill(wanted);
  await create.prompt.blur();
  await page.keyboard.press("Control+Enter");
  await create.seePicture(wanted);
  expect(await jobsOf(page, uid)).toHaveLength(1);
});

test("the list of shortcuts is the whole table, and single keys that are off do nothing", async ({
  page,
}) => {
  await signedIn(page);
  const at = await picture(page, freshPrompt("a fox"));
  await page.goto("/library");
  const tile = page.getByRole("grid").locator("[data-id]").first();
  await expect(tile).toBeVisible();
  await page.keyboard.press("?");
  const list = page.getByRole("dialog", { name: shell.shortcuts });
  const places = [...new Set(SHORTCUTS.map(({ where }) => where))];
  await expect(list.getByRole("term")).toHaveText(
    places.flatMap((place) => SHORTCUTS.filter(({ where }) => where === place).map(({ id }) => keys[id])),
  );
  await page.keyboard.press("Escape");
  await expect(list).toBeHidden();

  await page.evaluate(() => localStorage.setItem("mf-settings", JSON.stringify({ singleKeys: false })));
  const singles = SHORTCUTS.flatMap(({ keys: pressed }) => pressed.split(" ")).filter(
    (key) => key.length === 1,
  );
  const characters = [...new Set(singles)].filter((key) => /[\w/?]/.test(key));
  expect(characters.length).toBeGreaterThan(15);
  for (const address of ["/library", `/view?at=${at}`, `/compare?l=${at}&r=${at}`, "/"]) {
    await page.goto(address);
    await expect(page.getByRole("main").getByRole("img").or(tile).first()).toBeVisible();
    if (address === "/library") await tile.focus();
    const before = await stateOf(page);
    for (const key of characters) await page.keyboard.press(key);
    expect(await stateOf(page), address).toEqual(before);
  }
  // With a modifier they are no single keys.
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("dialog", { name: shell.commands })).toBeVisible();
});

/** All that a single key could have changed. */
async function stateOf(page: Page) {
  return page.evaluate(() => ({
    address: location.href,
    layers: document.querySelectorAll("[role=dialog], [role=alertdialog], [role=menu]").length,
    pressed: [...document.querySelectorAll("[aria-pressed], [aria-selected], [aria-checked]")].map(
      (each) => `${each.ariaPressed} ${each.ariaSelected} ${each.ariaChecked}`,
    ),
    focus: document.activeElement?.tagName,
    toasts: document.querySelectorAll("[data-radix-toast-announce-exclude], ol > li[data-state]").length,
  }));
}
