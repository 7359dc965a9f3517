// A library of ten thousand: how long its frames take while it is scrolled, beside those of a page of nothing but
// colours, and what it holds. Run by hand on a machine that does nothing else, while `make run` runs: `npm run
// ten-thousand`, with STUDIO_URL and EMULATORS where those are not the usual ones.
//
// A frame may be late because of the page, or because the machine's processors were elsewhere: the emulators, which
// look through all ten thousand for each page that is loaded, have the same. So it says both: the frames, and the
// page's own tasks that took longer than a frame may.
import { readFileSync } from "node:fs";
import type { CDPSession, Page } from "@playwright/test";
import { library as words } from "@/words/library";
import { expect, signedIn, test } from "./fixtures";
import { crowd, fill, makeOne, tileOf } from "./library";
import { heapOf, loadAll, type Seen, scroll, seenOf, watchFrames } from "./scrolling";

const COUNT = 10_000;
const SECONDS = 20;
/** Pixels a second: fifteen rows. */
const SPEED = 3000;
const FRAME_MAX_MS = 50;
const HEAP_MAX_MB = 300;
const TILES_MAX = 150;

/** What the tab's process has of the machine's memory for itself, in MB. */
async function memoryOf(session: CDPSession): Promise<number> {
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const sizes = processInfo
    .filter(({ type }) => type === "renderer")
    .map(({ id }) => /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${id}/smaps_rollup`, "utf8"))?.[1]);
  return Math.max(...sizes.map(Number)) / 1000;
}

function described(seen: Seen): string {
  const { frames, tiles } = seen;
  const sorted = frames.toSorted((one, other) => one - other);
  const at = (share: number) => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1);
  return `${frames.length} frames, median ${at(0.5)} ms, 99 % ${at(0.99)}, longest ${at(1)}, ${lateOf(seen)} over ${FRAME_MAX_MS}; ${tiles} tiles`;
}

const lateOf = ({ frames }: Seen) => frames.filter((ms) => ms > FRAME_MAX_MS).length;

/** Notes each task of the page that takes longer than 50 ms, which is how the browser defines a long one. */
async function watchTasks(page: Page): Promise<void> {
  await page.evaluate(() => {
    const tasks: number[] = [];
    const note = (list: PerformanceObserverEntryList) => {
      for (const { duration } of list.getEntries()) tasks.push(duration);
    };
    new PerformanceObserver(note).observe({ type: "longtask" });
    Object.assign(window, { tasks });
  });
}

async function tasksOf(page: Page): Promise<number[]> {
  return page.evaluate(() => (window as unknown as { tasks: number[] }).tasks.splice(0));
}

/** A page as high as the library's way, of rows of colours. */
async function showColours(page: Page): Promise<void> {
  await page.goto("about:blank");
  await page.evaluate(
    (rows) => {
      document.body.innerHTML = Array.from(
        { length: rows },
        (_, row) => `<div style="height:200px;background:hsl(${(row * 37) % 360} 60% 60%)"></div>`,
      ).join("");
    },
    (SPEED * SECONDS) / 200 + 10,
  );
}

test.use({ contextOptions: { reducedMotion: "no-preference" } });

test("ten thousand scroll without a frame over 50 ms, and hold less than 300 MB", async ({
  page,
  browser,
}) => {
  await signedIn(page, "/");
  const original = await makeOne(page);
  await fill(page, original, crowd(original, COUNT));
  await showColours(page);
  const session = await page.context().newCDPSession(page);
  await watchFrames(page);
  await scroll(session, SPEED * SECONDS, SPEED);
  const floor = await seenOf(page);
  console.log(`colours scrolled for ${SECONDS} s: ${described(floor)}`);

  await page.goto("/library");
  await expect(tileOf(page, original.prompt)).toBeVisible();
  await session.send("Performance.enable");
  await watchFrames(page);
  await watchTasks(page);

  await scroll(session, SPEED * SECONDS, SPEED);
  const loading = await seenOf(page);
  const tasks = await tasksOf(page);
  console.log(`scrolled while pages load: ${described(loading)}`);
  await loadAll(page, words.end);
  await page.evaluate(() => window.scrollTo(0, 0));
  await expect(tileOf(page, original.prompt)).toBeInViewport();
  console.log(`all loaded: heap ${(await heapOf(session)).toFixed(1)} MB`);

  await seenOf(page);
  await tasksOf(page);
  await scroll(session, SPEED * SECONDS, SPEED);
  const scrolled = await seenOf(page);
  const heap = await heapOf(session);
  const process = await memoryOf(await browser.newBrowserCDPSession());
  console.log(`scrolled for ${SECONDS} s: ${described(scrolled)}`);
  console.log(`heap ${heap.toFixed(1)} MB, the tab's process ${process.toFixed(0)} MB`);

  const height = await page.evaluate(() => document.body.scrollHeight);
  for (const share of [0.9, 0.2, 0.7, 0.4, 1, 0]) {
    await page.evaluate((y) => window.scrollTo(0, y), share * height);
    await page.waitForTimeout(500);
  }
  const jumped = await seenOf(page);
  console.log(`six jumps: ${described(jumped)}`);

  tasks.push(...(await tasksOf(page)));
  console.log(
    `tasks over ${FRAME_MAX_MS} ms while scrolling and jumping: ${tasks.map(Math.round).join(", ") || "none"}`,
  );

  expect(tasks).toEqual([]);
  for (const seen of [scrolled, loading, jumped]) expect(lateOf(seen)).toBe(0);
  expect(Math.max(scrolled.tiles, loading.tiles, jumped.tiles)).toBeLessThanOrEqual(TILES_MAX);
  expect(heap).toBeLessThan(HEAP_MAX_MB);
});
