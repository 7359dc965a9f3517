// Batches as their tests need them: small rows, and what the page of one shows and says of it.
import { expect, type Locator, type Page } from "@playwright/test";
import { runWords as words } from "@/words/batches";
import { call } from "./backend";

/** Few pixels are painted at once. */
export const SMALL = { width: 64, height: 64 };

/** A batch of these prompts by who is signed in on the page; answers its id. */
export async function submit(page: Page, name: string, prompts: readonly string[], more: object = {}) {
  const rows = prompts.map((prompt) => ({ prompt, ...SMALL }));
  return (await call<{ batchId: string }>(page, "submitBatch", { name, rows, ...more })).batchId;
}

/** The page of a batch, by what its parts are called. */
export class Run {
  readonly bar: Locator;
  readonly rows: Locator;
  readonly comments: Locator;

  constructor(readonly page: Page) {
    const main = page.getByRole("main");
    this.bar = main.getByRole("img", { name: /\d+ of \d+ done/ });
    this.rows = main.getByRole("region", { name: words.rows }).getByRole("button", { name: /^Row \d+,/ });
    this.comments = main.getByRole("region", { name: words.comments });
  }

  async open(id: string): Promise<void> {
    await this.page.goto(`/batch?id=${id}`);
  }

  button(name: string): Locator {
    return this.page.getByRole("main").getByRole("button", { name });
  }

  row(n: number): Locator {
    return this.page.getByRole("main").getByRole("button", { name: new RegExp(`^Row ${n},`) });
  }

  /** What the line under the bar says. */
  async says(text: string | RegExp, withinMs = 180_000): Promise<void> {
    await expect(this.page.getByRole("main").getByText(text).first()).toBeVisible({ timeout: withinMs });
  }
}

/** One state of the bar as the page has shown it. */
export interface Frame {
  readonly label: string;
  /** The widths of its parts in percent. */
  readonly widths: readonly number[];
}

declare global {
  interface Window {
    batchFrames: Frame[];
    batchNews: string[];
  }
}

/** From the next page on: writes down each state of the bar, and what is said politely. */
export async function writeDown(page: Page): Promise<void> {
  await page.addInitScript(() => {
    window.batchFrames = [];
    window.batchNews = [];
    const look = () => {
      const bar = document.querySelector('main [role="img"][aria-label*=" done"]');
      const label = bar?.getAttribute("aria-label");
      const widths = [...(bar?.children ?? [])].map((part) =>
        Number.parseFloat((part as HTMLElement).style.width),
      );
      if (label && label !== window.batchFrames.at(-1)?.label) window.batchFrames.push({ label, widths });
      const said = document
        .querySelector('[aria-live="polite"]')
        ?.textContent?.replaceAll("\u00a0", "")
        .trim();
      if (said && said !== window.batchNews.at(-1)) window.batchNews.push(said);
    };
    new MutationObserver(look).observe(document, {
      subtree: true,
      childList: true,
      characterData: true,
      attributes: true,
      attributeFilter: ["aria-label", "style"],
    });
  });
}

/** The numbers of the bar's words: `Running: 3 of 8 done, 2 processing, 1 failed, 2 waiting`. */
export function countsOf(label: string) {
  const number = (of: string) => Number(new RegExp(`(\\d+) ${of}`).exec(label)?.[1] ?? 0);
  return {
    total: number("done"),
    completed: Number(/(\d+) of/.exec(label)?.[1]),
    processing: number("processing"),
    failed: number("failed"),
    cancelled: number("cancelled"),
    queued: number("waiting"),
  };
}
