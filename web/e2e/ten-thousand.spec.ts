// A library of many, scrolled: what is counted. What is timed, of ten thousand, is `npm run ten-thousand`.
import { library as words } from "@/words/library";
import { expect, signedIn, test } from "./fixtures";
import { crowd, fill, makeOne, tileOf, withJob } from "./library";
import { heapOf, loadAll, scroll, seenOf, watchFrames } from "./scrolling";

const COUNT = 1200;
const TILES_MAX = 150;
const DECODES_MAX = 6;
const HEAP_MAX_MB = 300;

interface Counted {
  readonly most: number;
  readonly listened: readonly { readonly element: WeakRef<Element>; readonly type: string }[];
}

test("of a library of 1,200 at most 150 tiles are in the page, none listens, six pictures are decoded at once, and a star scrolls nothing", async ({
  page,
}) => {
  await page.addInitScript(() => {
    const counted = { decoding: 0, most: 0, listened: [] as { element: WeakRef<Element>; type: string }[] };
    const { decode } = HTMLImageElement.prototype;
    HTMLImageElement.prototype.decode = function () {
      counted.decoding += 1;
      counted.most = Math.max(counted.most, counted.decoding);
      return decode.call(this).finally(() => {
        counted.decoding -= 1;
      });
    };
    const { addEventListener } = Element.prototype;
    Element.prototype.addEventListener = function (
      this: Element,
      ...asked: Parameters<typeof addEventListener>
    ) {
      // React itself listens to each picture for these two.
      const isReacts = this instanceof HTMLImageElement && /^(load|error)$/.test(asked[0]);
      if (!isReacts) counted.listened.push({ element: new WeakRef<Element>(this), type: asked[0] });
      return addEventListener.apply(this, asked);
    };
    Object.assign(window, { counted });
  });
  await signedIn(page, "/");
  const original = await makeOne(page);
  const copies = crowd(original, COUNT);
  await fill(page, original, copies);

  await page.goto("/library");
  await expect(tileOf(page, original.prompt)).toBeVisible();
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  await watchFrames(page);
  await loadAll(page, words.end);
  await scroll(session, -12_000, 12_000);
  await scroll(session, 4000, 4000);
  const { tiles } = await seenOf(page);
  const counted = await page.evaluate(() => {
    const { most, listened } = (window as unknown as { counted: Counted }).counted;
    const inTiles = listened.filter(({ element }) => element.deref()?.closest("[role=gridcell]"));
    return { most, inTiles: inTiles.map(({ type }) => type) };
  });
  const heap = await heapOf(session);
  test.info().annotations.push({
    type: "counted",
    description: `${tiles} tiles, ${counted.most} decodes at once, heap ${heap.toFixed(1)} MB`,
  });
  expect(tiles).toBeGreaterThan(20);
  expect(tiles).toBeLessThanOrEqual(TILES_MAX);
  expect(counted.most).toBeGreaterThan(0);
  expect(counted.most).toBeLessThanOrEqual(DECODES_MAX);
  expect(counted.inTiles).toEqual([]);
  expect(heap).toBeLessThan(HEAP_MAX_MB);

  // Far below: what is starred stays where it is.
  const index = await page.evaluate(() => {
    const middle = document.elementFromPoint(640, 400)?.closest<HTMLElement>("[data-index]");
    return Number(middle?.dataset.index);
  });
  const copy = copies[index - 1]; // the original is the first
  if (!copy) throw new Error(`no copy is at ${index}`);
  await withJob(page, original, copy);
  const tile = tileOf(page, new RegExp(`^${copy.prompt},`));
  const before = await page.evaluate(() => window.scrollY);
  expect(before).toBeGreaterThan(5000);
  const marked = page.waitForResponse((answer) => answer.url().endsWith("/markGeneration"));
  await tile.hover();
  await tile.getByRole("button", { name: words.star, exact: true }).click();
  expect((await marked).status()).toBe(200);
  await expect(tile).toHaveAccessibleName(/favourite/);
  expect(await page.evaluate(() => window.scrollY)).toBe(before);
  await expect(tile).toBeInViewport();
});
