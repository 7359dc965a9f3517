// The studio's face: three pages as somebody sees them who works there, and a batch that fills in, shot by shot.
import path from "node:path";
import type { Page } from "@playwright/test";
import { runWords } from "@/words/batches";
import { call } from "./backend";
import { Run } from "./batches";
import { Create } from "./create";
import { expect, signIn, test } from "./fixtures";

const FOLDER = process.env.PICTURES ?? path.join(import.meta.dirname, "..", "..", "out", "face");
const shot = (name: string) => path.join(FOLDER, `${name}.png`);

const SINGLES = [
  { prompt: "A lighthouse at dusk, storm coming in", aspectRatio: "3:2", styleId: "oil-painting" },
  { prompt: "A fox in fresh snow", aspectRatio: "1:1", styleId: "watercolor" },
  { prompt: "A mountain lake, early morning", aspectRatio: "16:9", styleId: "photographic" },
  { prompt: "A sailing ship under full sail", aspectRatio: "2:3", styleId: "ink" },
  { prompt: "A hot-air balloon over vineyards", aspectRatio: "3:4", styleId: "flat-poster" },
];
const THINGS = [
  "lighthouse",
  "sailing ship",
  "red bicycle",
  "winter village",
  "stone bridge",
  "mountain lake",
];
const STYLES = ["flat-poster", "watercolor", "ink", "oil-painting"];
const ROWS = THINGS.flatMap((thing, n) =>
  STYLES.map((styleId, at) => ({
    prompt: `A ${thing} in autumn light`,
    styleId,
    aspectRatio: ["1:1", "3:2", "2:3", "4:3"][(n + at) % 4],
    seed: 7 + n * STYLES.length + at,
  })),
);

/** Each picture that is in sight is there. */
async function allDrawn(page: Page): Promise<void> {
  await page.waitForFunction(() =>
    [...document.querySelectorAll<HTMLImageElement>("main img")].every(
      (image) => image.complete || image.getBoundingClientRect().top > window.innerHeight,
    ),
  );
}

test("README's pictures", async ({ page }) => {
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.goto("/signin");
  await signIn(page, "demo");
  await page.goto("/");
  const create = new Create(page);
  await expect(create.generate).toBeVisible();
  for (const [seed, single] of SINGLES.entries())
    await call(page, "generateImage", { ...single, seed: 11 + seed });
  for (const { prompt } of SINGLES) await create.seePicture(prompt);
  await create.prompt.fill("A harbour in fog, gulls over the pier, first light");
  await create.prompt.blur();
  await expect(create.generate).toHaveAccessibleName(/credits?$/);
  await page.screenshot({ path: shot("create") });

  const { batchId } = await call<{ batchId: string }>(page, "submitBatch", {
    name: "Autumn posters",
    rows: ROWS,
  });
  const run = new Run(page);
  await run.open(batchId);
  await expect(run.rows).toHaveCount(ROWS.length);
  const done = page.getByText(runWords.completed(ROWS.length, 0, 2 * ROWS.length, 0));
  let shots = 0;
  let before = "";
  let isHalf = false;
  while (!(await done.isVisible())) {
    const pictures = run.rows.locator("img");
    const now = `${await run.bar.getAttribute("aria-label")} ${await pictures.count()}`;
    if (now === before) {
      await page.waitForTimeout(100);
      continue;
    }
    before = now;
    await page.screenshot({ path: shot(`frame-${String(shots).padStart(3, "0")}`) });
    shots += 1;
    if (isHalf || (await pictures.count()) < ROWS.length * 0.6) continue;
    isHalf = true;
    await page.screenshot({ path: shot("batch") });
  }
  await expect(run.rows.locator("img")).toHaveCount(ROWS.length);
  await allDrawn(page);
  await page.screenshot({ path: shot(`frame-${String(shots).padStart(3, "0")}`) });

  await page.goto("/library");
  await expect(page.getByRole("main").locator("img").nth(12)).toBeVisible();
  await allDrawn(page);
  await page.screenshot({ path: shot("library") });
});
