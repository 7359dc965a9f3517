// What a page asks the database for, counted from outside: the requests of Firestore's own line, and the calls.
import type { Page, Request } from "@playwright/test";
import { places } from "@/words/en";
import { EMULATORS, expect, signedIn, test } from "./fixtures";
import { crowd, fill, makeOne, tileOf } from "./library";

const LISTENERS_MAX = 9;
const PAGE_SIZE = 60;

/** What a page listens to. */
class Listening {
  readonly #now = new Set<number>();
  /** The most at once. */
  most = 0;

  constructor(page: Page) {
    page.on("request", (request) => this.#follow(request));
    page.on("domcontentloaded", () => this.#now.clear()); // another page: what listened is gone
  }

  get count(): number {
    return this.#now.size;
  }

  #follow(request: Request): void {
    const url = new URL(request.url());
    if (Number(url.port) !== EMULATORS.firestore || !url.pathname.endsWith("/Listen/channel")) return;
    if (request.method() !== "POST") return;
    if (!url.searchParams.has("SID")) this.#now.clear(); // a new line
    for (const [name, value] of new URLSearchParams(request.postData() ?? "")) {
      if (!name.endsWith("___data__")) continue;
      const { addTarget, removeTarget } = JSON.parse(value) as {
        addTarget?: { targetId: number };
        removeTarget?: number;
      };
      if (addTarget) this.#now.add(addTarget.targetId);
      if (removeTarget !== undefined) this.#now.delete(removeTarget);
      this.most = Math.max(this.most, this.#now.size);
    }
  }
}

/** As the browser does when another tab is looked at, and when this one is again. */
async function show(page: Page, state: "hidden" | "visible"): Promise<void> {
  await page.evaluate((now) => {
    Object.defineProperty(document, "visibilityState", { configurable: true, get: () => now });
    document.dispatchEvent(new Event("visibilitychange"));
  }, state);
}

test("the library is opened with 60 reads, a walk through all pages listens to nine things at most, and a hidden page to none after five minutes", async ({
  page,
}) => {
  await page.clock.install();
  await signedIn(page, "/");
  const original = await makeOne(page);
  await fill(page, original, crowd(original, 130));

  const listening = new Listening(page);
  const calls: string[] = [];
  let read = 0;
  page.on("response", async (answer) => {
    const { port, pathname } = new URL(answer.url());
    if (Number(port) !== EMULATORS.functions || answer.request().method() !== "POST") return;
    const name = pathname.slice(pathname.lastIndexOf("/") + 1);
    calls.push(name);
    if (name !== "searchGenerations") return;
    const { result } = (await answer.json()) as { result: { items: unknown[] } };
    read += result.items.length;
  });
  await page.goto("/library");
  await expect(tileOf(page, original.prompt)).toBeVisible();
  await expect.poll(() => listening.count).toBeGreaterThan(0);
  await expect.poll(() => read).toBe(PAGE_SIZE);
  expect(calls.filter((name) => name === "searchGenerations")).toHaveLength(1);

  const rail = page.getByRole("navigation").first();
  for (const place of ["batches", "packs", "templates", "brands", "create", "library"] as const) {
    await rail.getByRole("link", { name: places[place] }).click();
    await expect(page).toHaveURL(place === "create" ? /\/$/ : new RegExp(`/${place}$`));
  }
  await page.keyboard.press("g");
  await page.keyboard.press("a");
  await expect(page).toHaveURL(/\/account/);
  expect(listening.most).toBeGreaterThan(2);
  expect(listening.most).toBeLessThanOrEqual(LISTENERS_MAX);
  test.info().annotations.push({ type: "listened to at once", description: String(listening.most) });

  const before = listening.count;
  expect(before).toBeGreaterThan(0);
  await show(page, "hidden");
  await page.clock.fastForward("05:01");
  await expect.poll(() => listening.count).toBe(0);
  await show(page, "visible");
  await expect.poll(() => listening.count).toBeGreaterThan(0);
});
