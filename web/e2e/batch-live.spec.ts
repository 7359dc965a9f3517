// A batch from its first row to its export, as the page shows it and says it aloud.
import { runWords as words } from "@/words/batches";
import { failure } from "@/words/en";
import { jobs } from "@/words/jobs";
import { countsOf, Run, submit, writeDown } from "./batches";
import { freshPrompt } from "./create";
import { expect, signedIn, test } from "./fixtures";

const ROWS = 8;
const BLOCKED = [1, 4]; // by their places, from 0
const NAME = "Autumn posters";

test("a batch is paused, goes on, is mended and exported, and its bar always adds up", async ({ page }) => {
  await signedIn(page);
  const prompts = Array.from({ length: ROWS }, (_, at) =>
    BLOCKED.includes(at) ? `a mask ${at} [[blocked]]` : `a harbour ${at} [[sleep:5]]`,
  );
  const id = await submit(page, NAME, prompts);
  const run = new Run(page);
  await writeDown(page);
  await run.open(id);
  await expect(run.rows).toHaveCount(ROWS);

  // Paused: what runs ends, nothing else begins, and the drawer has the batch as one row that says so.
  await run.button(words.pause).click();
  await expect(run.button(words.resume)).toBeVisible();
  await run.says(words.pausedRunning(0));
  const paused = countsOf((await run.bar.getAttribute("aria-label")) ?? "");
  expect(paused.queued).toBeGreaterThan(0);
  await page.getByRole("button", { name: "1 open job", exact: true }).click();
  const drawer = page.getByRole("dialog", { name: jobs.title });
  const row = drawer.getByRole("listitem").filter({ hasText: jobs.batch(NAME) });
  await expect(row).toHaveCount(1);
  await expect(row).toContainText(words.pausedRunning(0));
  await row.getByRole("button", { name: words.resume }).click();
  await expect(row.getByRole("button", { name: words.pause })).toBeVisible();
  await page.keyboard.press("Escape");

  const cost = ROWS * 2;
  const back = BLOCKED.length * 2;
  await run.says(words.completed(ROWS - BLOCKED.length, BLOCKED.length, cost - back, back));
  const frames = await page.evaluate(() => window.batchFrames);
  for (const { label, widths } of frames) {
    const { total, ...parts } = countsOf(label);
    expect(
      Object.values(parts).reduce((sum, n) => sum + n, 0),
      label,
    ).toBe(total);
    expect(
      widths.reduce((sum, width) => sum + width, 0),
      label,
    ).toBeCloseTo(100, 0);
  }
  expect(frames.length).toBeGreaterThan(2);
  const done = frames.map(({ label }) => countsOf(label).completed);
  expect(done).toEqual(done.toSorted((a, b) => a - b));

  // Said: quarters in their order, each once, and the status as it changed.
  const news = () => page.evaluate((name) => window.batchNews.filter((text) => text.startsWith(name)), NAME);
  await expect.poll(async () => (await news()).at(-1)).toBe(`${NAME}: 100 % done. Completed`);
  const said = await news();
  expect(said.filter((text) => text.includes("Paused"))).toHaveLength(1);
  const quarters = said.flatMap((text) => /(\d+) % done/.exec(text)?.[1] ?? []).map(Number);
  expect(quarters).toEqual([25, 50, 75, 100].filter((quarter) => quarters.includes(quarter)));
  expect(quarters.length).toBeGreaterThan(1);

  // Retried, both fail again; with other words one is made.
  await run.button(words.retry(BLOCKED.length)).click();
  await run.row(2).click();
  const panel = page.getByRole("dialog");
  await expect(panel.getByText(words.attempt(2))).toBeVisible({ timeout: 120_000 });
  const why = failure({ code: "content-blocked", message: "", retryable: false }, 1, 0).says;
  await expect(panel.getByText(why)).toBeVisible({ timeout: 120_000 });
  await panel.getByRole("button", { name: words.editAgain }).click();
  const prompt = freshPrompt("a mask, mended");
  await panel.getByRole("textbox", { name: "prompt" }).fill(prompt);
  await panel.getByRole("button", { name: words.saveRun(2) }).click();
  await expect(panel.getByAltText(prompt)).toBeVisible({ timeout: 120_000 });
  await page.keyboard.press("Escape");
  await run.says(words.completed(ROWS - 1, 1, cost - 2, 2));

  // The export's file has what was made.
  await run.button(words.export).click();
  await page.getByRole("button", { name: words.formats.csv }).click();
  await page.keyboard.press("Escape");
  await expect(page.getByText(words.exportDone("CSV", NAME), { exact: true })).toBeVisible({
    timeout: 120_000,
  });
  await run.button(words.export).click();
  const link = page.getByRole("link", { name: words.download });
  await expect(link).toBeVisible({ timeout: 120_000 });
  const file = await page.request.get((await link.getAttribute("href")) ?? "");
  const lines = (await file.text()).trim().split("\n");
  expect(lines).toHaveLength(ROWS + 1);
  expect(lines.filter((line) => line.includes(prompt))).toHaveLength(1);
});
