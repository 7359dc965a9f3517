import { app } from "@/words/en";
import { library } from "@/words/library";
import { Create } from "./create";
import { expect, signedIn, test } from "./fixtures";
import { missing, settled } from "./page";

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
