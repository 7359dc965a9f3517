// What a page does while it is scrolled, as it is seen from within and from the browser.
import type { CDPSession, Page } from "@playwright/test";

export interface Seen {
  /** The ms between one frame and the next. */
  readonly frames: readonly number[];
  /** The most tiles that were in the document at once. */
  readonly tiles: number;
}

/** Begins to watch each frame. */
export async function watchFrames(page: Page): Promise<void> {
  await page.evaluate(() => {
    const seen = { frames: [] as number[], tiles: 0 };
    let before = performance.now();
    const look = (now: number) => {
      seen.frames.push(now - before);
      before = now;
      seen.tiles = Math.max(seen.tiles, document.querySelectorAll("[role=gridcell]").length);
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
    Object.assign(window, { seen });
  });
}

/** What was seen since it was asked for last. */
export async function seenOf(page: Page): Promise<Seen> {
  return page.evaluate(() => {
    const { seen } = window as unknown as { seen: { frames: number[]; tiles: number } };
    const { tiles } = seen;
    const frames = seen.frames.splice(0);
    seen.tiles = 0;
    return { frames, tiles };
  });
}

/** Scrolls as a mouse's wheel does: down by so many pixels (up where they are negative), so many a second. */
export async function scroll(session: CDPSession, distance: number, speed: number): Promise<void> {
  await session.send("Input.synthesizeScrollGesture", {
    x: 640,
    y: 500,
    yDistance: -distance,
    speed,
    gestureSourceType: "mouse",
  });
}

/** Goes on to the end until there is nothing more to load. */
export async function loadAll(page: Page, end: string): Promise<void> {
  await page.waitForFunction(
    (said) => {
      window.scrollTo(0, document.body.scrollHeight);
      return document.body.textContent.includes(said);
    },
    end,
    { polling: 50, timeout: 600_000 },
  );
}

/** Megabytes of what JavaScript holds, after all that is garbage has gone. */
export async function heapOf(session: CDPSession): Promise<number> {
  await session.send("HeapProfiler.collectGarbage");
  const { metrics } = await session.send("Performance.getMetrics");
  return (metrics.find(({ name }) => name === "JSHeapUsedSize")?.value ?? Number.NaN) / 1e6;
}
