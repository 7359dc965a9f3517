// What holds for every page: with nothing on it yet, and where what it asks for fails. (With something on it:
// pictures.spec.ts.) That it asks nobody else and is not stopped by its policy, every test holds: fixtures.ts.
import type { Page } from "@playwright/test";
import { app, refusal, shell } from "@/words/en";
import { EMULATORS, expect, signedIn, test } from "./fixtures";
import { cut, resize, serious, settled, show } from "./page";
import { ROUTES } from "./routes";

test("every page answers with its headers, its language and a title of its own", async ({ request }) => {
  const titles = new Map<string, string>();
  for (const route of ROUTES) {
    const answer = await request.get(route);
    expect.soft(answer.status(), route).toBe(200);
    const headers = answer.headers();
    expect.soft(headers["content-security-policy"], route).toMatch(/^default-src 'none'; script-src 'self'/);
    expect.soft(headers["x-content-type-options"], route).toBe("nosniff");
    expect.soft(headers["cross-origin-opener-policy"], route).toBe("same-origin-allow-popups");
    expect.soft(headers["cache-control"], route).toBe("no-cache");
    const html = await answer.text();
    expect.soft(html, route).toContain('<html lang="en"');
    titles.set(route, /<title>([^<]*)/.exec(html)?.[1] ?? "");
  }
  expect.soft([...titles.values()].filter((title) => !title.includes(app.name))).toEqual([]);
  expect.soft(new Set(titles.values()).size, JSON.stringify(Object.fromEntries(titles))).toBe(ROUTES.length);
});

test("an address that is not there says so, with the same headers", async ({ page }) => {
  const answer = await page.goto("/nowhere/at-all");
  expect(answer?.status()).toBe(404);
  expect(answer?.headers()["content-security-policy"]).toContain("default-src 'none'");
  const says = page.getByRole("heading", { level: 1, name: app.notFound });
  await expect(says).toBeVisible();
  // Nobody has to sign in for that, once it is known who it is.
  await expect(page.getByRole("button", { name: shell.signIn, exact: true }).first()).toBeVisible();
  await expect(says).toBeVisible();
});

/** What is wrong with the page as it stands: wide and narrow, light and dark, and as narrow as zoom makes it. */
async function faultsOf(page: Page, address: string): Promise<string[]> {
  const found: string[] = [];
  const note = (what: string, faults: readonly string[]) =>
    found.push(...faults.map((fault) => `${address} ${what}: ${fault}`));
  for (const [width, height] of [
    [1280, 800],
    [360, 740],
  ] as const) {
    await resize(page, width, height);
    await show(page, "light");
    note(`light ${width}`, await serious(page));
    await show(page, "dark");
    note(`dark ${width}`, await serious(page, ["color-contrast"])); // the rest does not depend on colours
    note(String(width), await cut(page));
  }
  // 200 % of 1280, and 400 %.
  for (const [width, height] of [
    [640, 400],
    [320, 256],
  ] as const) {
    await resize(page, width, height);
    note(String(width), await cut(page));
  }
  await resize(page, 1280, 800);
  return found;
}

test("signed out, every page that is open to all and the sign-in are whole and clean for axe", async ({
  page,
}) => {
  const found: string[] = [];
  for (const route of ["/", "/signin", "/join", "/library"]) {
    await settled(page, route);
    found.push(...(await faultsOf(page, route)));
  }
  expect(found).toEqual([]);
});

for (const half of [0, 1]) {
  // In two, so that they run beside each other.
  test(`with nothing on it, every page is whole and clean for axe (${half + 1} of 2)`, async ({ page }) => {
    await signedIn(page);
    const found: string[] = [];
    for (const route of ROUTES.filter((_, at) => at % 2 === half)) {
      await settled(page, route);
      found.push(...(await faultsOf(page, route)));
    }
    expect(found).toEqual([]);
  });
}

const BLOCKED = { reason: "account-blocked" };
const MISSING = ["/batch?id=nope", "/packs?id=nope", "/view?at=images/nobody/nope"];

test("where what is asked for fails, pages say why, are whole and clean for axe", async ({ page }) => {
  await signedIn(page);
  const found: string[] = [];
  for (const address of [...MISSING, "/compare?l=images/nobody/a&r=images/nobody/b"]) {
    await settled(page, address);
    await expect
      .soft(
        page
          .getByRole("main")
          .getByText(/is not shared with you/)
          .first(),
        address,
      )
      .toBeVisible();
    found.push(...(await faultsOf(page, address)));
  }
  await page.route(`http://127.0.0.1:${EMULATORS.functions}/**`, (route) =>
    route.request().method() === "OPTIONS"
      ? route.continue()
      : route.fulfill({
          status: 403,
          headers: { "access-control-allow-origin": "*" },
          json: { error: { status: "PERMISSION_DENIED", message: "blocked", details: BLOCKED } },
        }),
  );
  for (const address of ["/", "/library", "/account?tab=webhooks"]) {
    await settled(page, address);
    const says = page.getByRole("main").getByText(refusal({ ...BLOCKED, message: "" }));
    await expect.soft(says.first(), address).toBeVisible();
    found.push(...(await faultsOf(page, address)));
  }
  expect(found).toEqual([]);
});
