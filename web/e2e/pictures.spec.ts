// The main pages with something on them: checked by axe, and kept as pictures to look at. They are compared
// with nothing: whoever reviews a change looks at them.
import path from "node:path";
import type { Page } from "@playwright/test";
import { job } from "@/words/en";
import { type Content, call, makeContent } from "./content";
import { Create } from "./create";
import { expect, signedIn, test } from "./fixtures";
import { cut, resize, serious, settled, show, THEMES } from "./page";

const FOLDER = process.env.PICTURES ?? path.join(import.meta.dirname, "..", "..", "out", "studio");
const SIZES = [
  { width: 1280, height: 800 },
  { width: 390, height: 844 },
];

/** A picture of the page in each size and theme; answers what axe finds there. */
async function taken(page: Page, name: string): Promise<string[]> {
  const found: string[] = [];
  for (const { width, height } of SIZES) {
    await resize(page, width, height);
    for (const theme of THEMES) {
      await show(page, theme);
      await page.screenshot({ path: path.join(FOLDER, `${name}-${theme}-${width}.png`) });
      const faults = await serious(page, theme === "light" ? undefined : ["color-contrast"]);
      found.push(...faults.map((fault) => `${name} ${theme} ${width}: ${fault}`));
    }
  }
  await resize(page, 1280, 800);
  return found;
}

/** What does not fit where a page is zoomed in, or narrow. */
async function narrowed(page: Page, name: string): Promise<string[]> {
  const found: string[] = [];
  for (const width of [640, 320]) {
    await resize(page, width, 480);
    found.push(...(await cut(page)).map((fault) => `${name} ${width}: ${fault}`));
  }
  await resize(page, 1280, 800);
  return found;
}

/** Every picture that is in sight is drawn. */
async function drawn(page: Page): Promise<void> {
  await expect
    .poll(() =>
      page.evaluate(
        () =>
          [...document.querySelectorAll<HTMLImageElement>("main img, [role=dialog] img")].filter(
            (image) => image.getBoundingClientRect().top < window.innerHeight && !image.complete,
          ).length,
      ),
    )
    .toBe(0);
}

const addressesOf = ({ pictures: [one, two], failed, batch, pack, template, team }: Content) => ({
  library: "/library",
  details: `/library?open=${one}`,
  view: `/view?at=${two}`,
  "view-failed": `/view?at=${failed}`,
  compare: `/compare?l=${one}&r=${two}`,
  batches: "/batches",
  run: `/batch?id=${batch}`,
  packs: `/packs?id=${pack}`,
  templates: `/templates?id=${template}`,
  team: `/team?id=${team}`,
  account: "/account",
  ledger: "/account?tab=ledger",
  keys: "/account?tab=keys",
});

test("the main pages with something on them are whole, clean for axe, and kept as pictures", async ({
  page,
}) => {
  await signedIn(page);
  const content = await makeContent(page);
  const found: string[] = [];
  for (const [name, address] of Object.entries(addressesOf(content))) {
    await settled(page, address);
    await drawn(page);
    found.push(...(await taken(page, name)), ...(await narrowed(page, name)));
  }
  expect(found).toEqual([]);
});

test("Create and the editor, empty, busy, and with failures, likewise", async ({ page }) => {
  const found: string[] = [];
  await signedIn(page);
  await settled(page, "/");
  found.push(...(await taken(page, "create-empty")));

  // A provider works on them, and no worker of ours does: however long the pictures take, both places are held, and
  // none that other tests' pictures are made in.
  const held: string[] = [];
  for (const prompt of ["a harbour in fog", "a barn at noon"]) {
    const asked = { prompt: `${prompt} #pending:9000`, model: "runpod-image" };
    held.push((await call<{ jobId: string }>(page, "generateImage", asked)).jobId);
  }
  const create = new Create(page);
  await create.prompt.fill("an owl at night");
  await create.generate.click();
  await expect(page.getByRole("main").getByText(/Waiting for a free place/)).toBeVisible();
  await expect(page.getByRole("main").getByText(job.processing).first()).toBeVisible();
  found.push(...(await taken(page, "create-busy")));
  for (const jobId of held) await call(page, "controlJob", { jobId, action: "cancel" });

  await settled(page, "/batches/new");
  found.push(...(await taken(page, "editor-empty")));
  await page.getByRole("grid").getByRole("gridcell").nth(1).click();
  await page.evaluate(() => {
    const data = new DataTransfer();
    data.setData(
      "text/plain",
      "prompt\tcount\nA lighthouse at dusk\t1\nHarbour in fog\t9\n{{thing}} at noon\t2",
    );
    document.activeElement?.dispatchEvent(
      new ClipboardEvent("paste", { clipboardData: data, bubbles: true }),
    );
  });
  await expect(page.getByText("Harbour in fog")).toBeVisible();
  found.push(...(await taken(page, "editor-faults")), ...(await narrowed(page, "editor-faults")));

  for (const prompt of ["a mill [[fail:permanent]]", "a mask [[blocked]]"]) {
    await call(page, "generateImage", { prompt });
  }
  await settled(page, "/");
  const refused = page.getByRole("main").getByText(/refused/);
  await expect(refused.nth(1)).toBeVisible({ timeout: 120_000 });
  found.push(...(await taken(page, "create-failed")), ...(await narrowed(page, "create-failed")));
  expect(found).toEqual([]);
});
