import { compare } from "@/words/compare";
import { details } from "@/words/details";
import { session, shell } from "@/words/en";
import { call, picture } from "./content";
import { Create, freshPrompt, userOf } from "./create";
import { expect, signedIn, test } from "./fixtures";

declare global {
  interface Window {
    /** When what is looked for was in the page, in ms. */
    seen: number[];
  }
}

test("one browser, two users: the second sees nothing of the first", async ({ page }) => {
  await signedIn(page, "/");
  const first = (await userOf(page)).uid;
  const prompt = freshPrompt("a seal on a rock");
  const own = await picture(page, prompt);
  await page.reload();
  const create = new Create(page);
  await create.seePicture(prompt);
  await create.prompt.fill(`${prompt}, once more`);

  // From the press on, no frame has anything of the first user in it.
  await page.evaluate((text) => {
    window.seen = [];
    const look = () => {
      const fields = [...document.querySelectorAll("textarea")].map(({ value }) => value).join();
      if (`${document.body.outerHTML}${fields}`.includes(text)) window.seen.push(performance.now());
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, prompt);
  await expect.poll(() => page.evaluate(() => window.seen.length)).toBeGreaterThan(0); // it does look
  await page
    .getByRole("button", { name: shell.account("") })
    .first()
    .click();
  await page.getByRole("menuitem", { name: shell.signOut }).click();
  await page.getByRole("button", { name: shell.signIn, exact: true }).first().waitFor();
  const out = await page.evaluate(() => performance.now());
  await page.getByRole("button", { name: shell.signIn, exact: true }).first().click();
  await page.getByRole("button", { name: session.another }).click();
  await expect(page.getByRole("button", { name: shell.account("") }).first()).toBeVisible();
  const second = (await userOf(page)).uid;
  expect(second).not.toBe(first);
  await create.prompt.fill(freshPrompt("a gull"));
  await create.generate.click();
  await expect(page.getByRole("main").locator("img")).not.toHaveCount(0, { timeout: 180_000 });
  expect(await page.evaluate((since) => window.seen.filter((at) => at > since), out)).toEqual([]);

  // By address, by comparing, by searching.
  const main = page.getByRole("main");
  await page.goto(`/view?at=${own}`);
  await expect(main.getByText(details.gone)).toBeVisible();
  await page.goto(`/compare?l=${own}&r=${own}`);
  await expect(main.getByText(compare.gone).first()).toBeVisible();
  await page.goto(`/library?q=${encodeURIComponent(prompt.split(" ").at(-1) ?? "")}`);
  await expect(main.getByText(/^Nothing is found/)).toBeVisible();
  for (const at of [`/view?at=${own}`, `/library?open=${own}`]) {
    await page.goto(at);
    await expect(page.getByText(details.gone).first()).toBeVisible();
    expect(await page.locator("body").innerHTML()).not.toContain(prompt);
  }
  const { items } = await call<{ items: { path: string }[] }>(page, "searchGenerations", { limit: 50 });
  expect(items.filter(({ path }) => path.includes(first))).toEqual([]);

  // What this browser keeps says whose it is.
  const keys = await page.evaluate(async () => {
    const opening = indexedDB.open("mediaforge-studio");
    const database = await new Promise<IDBDatabase>((done) => {
      opening.onsuccess = () => done(opening.result);
    });
    const all = [...database.objectStoreNames].map(
      (name) =>
        new Promise<string[]>((done) => {
          const asking = database.transaction(name).objectStore(name).getAllKeys();
          asking.onsuccess = () => done(asking.result.map((key) => `${name} ${key}`));
        }),
    );
    return (await Promise.all(all)).flat();
  });
  expect(keys.length).toBeGreaterThan(1);
  const isOwned = new RegExp(`^\\w+ (${first}|${second}|guest)(/|$)`);
  expect(keys.filter((key) => !isOwned.test(key))).toEqual([]);
  // Pictures and answers are in nobody's cache.
  const cached = await page.evaluate(async () => {
    const names = await caches.keys();
    const requests = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
    return requests.flat().map(({ url }) => new URL(url).origin);
  });
  expect(cached.filter((origin) => origin !== new URL(page.url()).origin)).toEqual([]);
});
