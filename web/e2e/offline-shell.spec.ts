import type { Page } from "@playwright/test";
import { app } from "@/words/en";
import { library } from "@/words/library";
import { Create } from "./create";
import { expect, signedIn, test } from "./fixtures";
import { settled } from "./page";

/** What this page is made of and the service worker does not have yet. */
async function missing(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    if (!navigator.serviceWorker.controller) return ["a service worker"];
    // Scripts and styles; of other pages it is only asked whether they are there.
    const loaded = performance
      .getEntriesByType("resource")
      .map(({ name }) => name)
      .filter((name) => /\.(js|css)(\?|$)/.test(name));
    const own = [location.href, ...loaded].filter((name) => new URL(name).origin === location.origin);
    const found = await Promise.all(own.map((name) => caches.match(name, { ignoreSearch: true })));
    return own.filter((_, at) => !found[at]);
  });
}

test("without a line the pages that were open before are there, and another one leads to Create", async ({
  page,
  context,
}) => {
  await signedIn(page);
  for (const address of ["/", "/library"]) {
    await settled(page, address);
    await expect.poll(() => missing(page)).toEqual([]);
  }
  await context.setOffline(true);
  // What the service worker asks for is not offline by that.
  await context.route("**/*", (route) => route.abort("internetdisconnected"));
  await expect(page.getByRole("paragraph").filter({ hasText: app.offline })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("heading", { level: 1, name: library.title })).toBeVisible();
  await page.goto("/join");
  await expect(page).toHaveURL(/\/$/);
  await expect(new Create(page).prompt).toBeVisible();
});
