// Pictures of the pages, dark and light, wide and narrow: an output to look at, compared with nothing.
import path from "node:path";
import { expect, signIn, test } from "./fixtures";

const FOLDER = process.env.PICTURES ?? path.join(import.meta.dirname, "..", "..", "out", "studio");
const PAGES = {
  create: "/",
  library: "/library",
  batches: "/batches",
  editor: "/batches/new",
  packs: "/packs",
  account: "/account",
};
const SIZES = [
  { width: 1280, height: 800 },
  { width: 390, height: 844 },
];

test("pictures of the main pages", async ({ page }) => {
  await page.goto("/signin");
  await signIn(page, "demo");
  for (const [name, address] of Object.entries(PAGES)) {
    await page.goto(address);
    for (const size of SIZES) {
      await page.setViewportSize(size);
      for (const theme of ["light", "dark"]) {
        await page.evaluate((chosen) => {
          document.documentElement.dataset.theme = chosen;
        }, theme);
        await expect(page.locator("h1").first()).toBeAttached();
        await page.waitForTimeout(400); // pictures fade in
        const answer = await page.screenshot({
          path: path.join(FOLDER, `${name}-${theme}-${size.width}.png`),
        });
        expect(answer.length).toBeGreaterThan(1000);
      }
    }
  }
});
