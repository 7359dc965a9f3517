import type { Page } from "@playwright/test";
import { app } from "@/words/en";
import { library } from "@/words/library";
import { Create } from "./create";
import { expect, signedIn, test } from "./fixtures";
import { settled } from "./page";

/** The service worker has whatever this page is made of. */
async function isKept(page: Page): Promise<boolean> {
  return page.evaluate(async () => {
    if (!navigator.serviceWorker.controller) return false;
    const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
    const own = [location.href, ...loaded].filter((name) => new URL(name).origin === location.origin);
    const found = await Promise.all(own.map((name) => caches.match(name, { ignoreSearch: true })));
    return found.every(Boolean);
  });
}

test("without a line the pages that were open before are there, and another one leads to Create", async ({
  page,
  context,
}) => {
  await signedIn(page);
  for (const address of ["/", "/library"]) {
    await settled(page, address);
    await expect.poll(() => isKept(page)).toBe(true);
  }
  await context.setOffline(true);
  await page.reload();
  await expect(page.getByRole("heading", { level: 1, name: library.title })).toBeVisible();
  await expect(page.getByText(app.offline).or(page.getByText(app.unreachable)).first()).toBeVisible();
  await page.goto("/brands");
  await expect(page).toHaveURL(/\/$/);
  await expect(new Create(page).prompt).toBeVisible();
});
