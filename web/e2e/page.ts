// What holds for a page, whatever is on it.
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";
import { shell } from "@/words/en";

export type Theme = "light" | "dark";
export const THEMES: readonly Theme[] = ["light", "dark"];

/** Opens the page and waits until it shows what it has: it knows who is signed in, and nothing is a skeleton. */
export async function settled(page: Page, address: string): Promise<void> {
  await page.goto(address, { waitUntil: "load" });
  await expect.soft(page.locator("h1").first(), `${address} has a heading`).toBeAttached();
  // Hidden: a dialog may be open over them.
  const button = (name: string) => page.getByRole("button", { name, includeHidden: true });
  const someone = button(shell.account("")).or(button(shell.signIn));
  await expect.soft(someone.filter({ visible: true }).first(), `${address} knows who it is`).toBeVisible();
  await expect.soft(page.locator("[data-skeleton]"), `${address} is loaded`).toHaveCount(0);
}

/** As the shell does it, without a load. */
export async function show(page: Page, theme: Theme): Promise<void> {
  await page.evaluate((chosen) => {
    document.documentElement.dataset.theme = chosen;
  }, theme);
}

export async function resize(page: Page, width: number, height: number): Promise<void> {
  await page.setViewportSize({ width, height });
  // What measures its box is told after the next frame, and draws in the one after.
  await page.evaluate(
    () =>
      new Promise((done) =>
        requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done))),
      ),
  );
}

/** What axe finds that is serious, of all its rules or of these. */
export async function serious(page: Page, rules?: readonly string[]): Promise<string[]> {
  // Without the blank page in which the other mode gathers the results of frames: there are none.
  const axe = new AxeBuilder({ page }).setLegacyMode();
  const { violations } = await (rules ? axe.withRules([...rules]) : axe).analyze();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id} at ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
}

/** What sticks out of the screen, or is cut: controls, headings and sentences. What scrolls sideways may. */
export async function cut(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    const wide = document.documentElement.scrollWidth - window.innerWidth;
    if (wide > 0) found.push(`the page is ${wide} px too wide`);
    const scrolls = (element: Element): boolean => {
      for (let at: Element | null = element; at; at = at.parentElement) {
        const { overflowX } = getComputedStyle(at);
        if ((overflowX === "auto" || overflowX === "scroll") && at.scrollWidth > at.clientWidth) return true;
      }
      return false;
    };
    const isSmall = ({ width, height }: DOMRect) => width <= 1 || height <= 1; // for screen readers only
    for (const element of document.querySelectorAll<HTMLElement>(
      "a, button, input, textarea, select, label, h1, h2, h3, p, li, dt, dd, summary, legend",
    )) {
      const box = element.getBoundingClientRect();
      const isSeen = element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
      if (!isSeen || isSmall(box) || element.closest("[aria-hidden=true]") || scrolls(element)) continue;
      const style = getComputedStyle(element);
      const name = `${element.tagName.toLowerCase()} "${(element.ariaLabel ?? element.textContent ?? "").trim().slice(0, 40)}"`;
      const past = Math.round(Math.max(-box.left, box.right - window.innerWidth));
      if (past > 1) found.push(`${name} is ${past} px outside`);
      const hides = style.overflowX === "hidden" || style.overflowX === "clip" || element.matches("button");
      const isShortened = style.textOverflow === "ellipsis" || element.querySelector(".truncate");
      const over = element.scrollWidth - element.clientWidth;
      if (hides && !isShortened && element.clientWidth > 0 && over > 1)
        found.push(`${name} is cut by ${over} px`);
    }
    return found;
  });
}

/** What this page is made of and the service worker does not have yet. */
export async function missing(page: Page): Promise<string[]> {
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
