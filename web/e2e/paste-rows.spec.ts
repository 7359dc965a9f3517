// A hundred rows from a spreadsheet: what is wrong is said at its cell, nothing is sent before it is mended, and what
// the button says is what is held.
import type { Page } from "@playwright/test";
import { faultWords, runWords, editorWords as words } from "@/words/batches";
import { shell } from "@/words/en";
import { promote } from "./backend";
import { Run } from "./batches";
import { freshPrompt } from "./create";
import { expect, signedIn, test } from "./fixtures";

const ROWS = 100;
/** By their places in the sheet, from 1. */
const [COUNT, RATIO, PROMPT] = [3, 7, 50];
const PRICE = 2 * (ROWS + 1); // one row makes two pictures
const WELCOME = 100; // credits, which come with the first thing that is accepted

function table(): string {
  const rows = Array.from({ length: ROWS }, (_, at) => {
    const n = at + 1;
    const prompt = n === PROMPT ? "" : `A lighthouse at dusk, view ${n}`;
    return [prompt, n === RATIO ? "7:5" : "1:1", n === COUNT ? "9" : "1"].join("\t");
  });
  return ["prompt\tratio\tcount", ...rows].join("\n");
}

async function available(page: Page): Promise<number> {
  const balance = page.getByRole("button", { name: /^[\d,]+ credits available$/ });
  const name = (await balance.getAttribute("aria-label")) ?? "";
  return Number(/[\d,]+/.exec(name)?.[0].replaceAll(",", ""));
}

test("100 pasted rows show their faults by cell, are mended, and cost what was said", async ({
  page,
  context,
}) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await signedIn(page);
  await promote(page, 500);
  await page.goto("/batches/new");
  const sent: string[] = [];
  page.on("request", (request) => {
    if (request.url().endsWith("/submitBatch")) sent.push(request.url());
  });
  const grid = page.getByRole("grid", { name: words.grid });
  const cell = (column: string, n: number) => page.getByRole("textbox", { name: words.cell(column, n) });
  const wrong = grid.locator('td[aria-invalid="true"]');

  await cell("prompt", 1).click();
  await page.evaluate((text) => navigator.clipboard.writeText(text), table());
  await page.keyboard.press("Control+V");
  await expect(wrong).toHaveCount(3);
  await expect(page.getByText(words.attention(3))).toBeVisible();

  // The start goes to the first fault instead, and to the next once that is mended.
  const name = freshPrompt("Autumn posters");
  await page.getByRole("textbox", { name: words.name }).fill(name);
  await page.getByRole("button", { name: words.startName(ROWS, undefined) }).click();
  await expect(cell("count", COUNT)).toBeFocused();
  await expect(grid.getByText(faultWords.whole(1, 4))).toBeVisible();
  await page.keyboard.type("2");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: words.next, exact: true }).click();
  await expect(cell("ratio", RATIO)).toBeFocused();
  await page.keyboard.type("1:1");
  await page.keyboard.press("Enter");
  await expect(wrong).toHaveCount(1);
  await page.getByRole("button", { name: words.next, exact: true }).click();
  await expect(cell("prompt", PROMPT)).toBeFocused();
  await expect(grid.getByText(faultWords.promptMissing)).toBeVisible();
  await page.keyboard.type("A lighthouse at dawn");
  await page.keyboard.press("Enter");
  await expect(wrong).toHaveCount(0);
  expect(sent).toEqual([]);

  // Not today: so that nothing of it runs, and all that is held is this batch.
  const later = new Date(Date.now() + 3 * 24 * 3600_000).toISOString().slice(0, 16);
  await page.getByLabel(words.startAt).fill(later);
  const start = page.getByRole("button", { name: words.startName(ROWS, PRICE) });
  await expect(start).toBeVisible();
  await expect(page.getByText(words.estimating)).toHaveCount(0);
  const before = (await available(page)) + WELCOME;
  await start.click();
  const run = new Run(page);
  await run.says(/^Starts /);
  await expect(run.rows).toHaveCount(ROWS);
  await expect.poll(() => available(page)).toBe(before - PRICE);
  await page.getByRole("button", { name: shell.balance(before - PRICE) }).click();
  await expect(page.getByText(shell.held(PRICE))).toBeVisible();
  await page.keyboard.press("Escape");
  expect(sent).toHaveLength(1);

  await run.button(runWords.cancel).click();
  const asking = page.getByRole("alertdialog", { name: runWords.cancelTitle(name) });
  await expect(asking).toContainText(runWords.cancelBody(ROWS, PRICE, 0));
  await asking.getByRole("button", { name: runWords.cancelDo(ROWS) }).click();
  await run.says(runWords.cancelled(0, 0));
  await expect.poll(() => available(page)).toBe(before);
});
