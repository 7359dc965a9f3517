// What holds for every page, whatever is on it.
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, signedIn, test } from "./fixtures";
import { ROUTES } from "./routes";

const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 360, height: 740 } };

/** The page has said all it will: nothing is asked for any more, but what is listened to. */
async function settled(page: Page, route: string): Promise<void> {
  await page.goto(route, { waitUntil: "load" });
  await expect.soft(page.locator("h1").first(), `${route} has a heading`).toBeAttached({ timeout: 15_000 });
  await page.waitForTimeout(500); // what is loaded when the page is idle
}

test("every page answers with its headers, its language and a title of its own", async ({
  page,
  request,
}) => {
  const titles = new Map<string, string>();
  for (const route of ROUTES) {
    const answer = await request.get(route);
    expect.soft(answer.status(), route).toBe(200);
    const headers = answer.headers();
    expect.soft(headers["content-security-policy"], route).toMatch(/^default-src 'none'; script-src 'self'/);
    expect.soft(headers["x-content-type-options"], route).toBe("nosniff");
    expect.soft(headers["cross-origin-opener-policy"], route).toBe("same-origin-allow-popups");
    expect.soft(headers["cache-control"], route).toBe("no-cache");
    await page.goto(route);
    expect.soft(await page.locator("html").getAttribute("lang"), route).toBe("en");
    titles.set(route, await page.title());
  }
  expect.soft([...titles.values()].filter((title) => !title.includes("MediaForge"))).toEqual([]);
  expect.soft(new Set(titles.values()).size, JSON.stringify(Object.fromEntries(titles))).toBe(ROUTES.length);
});

test("an address that is not there says so, with the same headers", async ({ page }) => {
  const answer = await page.goto("/nowhere/at-all");
  expect(answer?.status()).toBe(404);
  expect(answer?.headers()["content-security-policy"]).toContain("default-src 'none'");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
});

test("no page is stopped by its policy or asks a foreign host, signed out", async ({ page }) => {
  for (const route of ROUTES) await settled(page, route);
});

test("no page is stopped by its policy or asks a foreign host, signed in", async ({ page }) => {
  await signedIn(page);
  for (const route of ROUTES) await settled(page, route);
});

for (const [size, viewport] of Object.entries(SIZES)) {
  test(`axe finds nothing serious on any page, dark and light, ${size}`, async ({ page }) => {
    await page.setViewportSize(viewport);
    await signedIn(page);
    const found: string[] = [];
    for (const route of ROUTES) {
      await settled(page, route);
      for (const theme of ["light", "dark"]) {
        await page.evaluate((chosen) => {
          document.documentElement.dataset.theme = chosen;
        }, theme);
        // Colours move to the other theme's: what is measured between the two belongs to neither.
        await page.waitForFunction(
          () => !document.getAnimations().some((each) => each instanceof CSSTransition),
        );
        const { violations } = await new AxeBuilder({ page }).analyze();
        const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
        for (const { id, nodes } of serious) {
          found.push(`${route} ${theme}: ${id} at ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
        }
      }
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      if (wide > 0) found.push(`${route}: ${wide} px wider than the screen`);
    }
    expect(found).toEqual([]);
  });
}
