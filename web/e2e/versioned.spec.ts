// Packs and templates: saved with every change, each change a version, and one of several hands at a time.
import { packWords, shelfWords, templateWords } from "@/words/shelf";
import { uidOf } from "./create";
import { expect, signedIn, test } from "./fixtures";
import { choose, deleteFile, pick, somebody, uploadsOf } from "./people";

const SAVED = /^Saved as v(\d+)$/;

test("a pack is saved by itself; of two tabs one gives way; what is gone is replaced; others copy it", async ({
  page,
  context,
  browser,
  baseURL,
}) => {
  await signedIn(page, "/packs");
  const main = page.getByRole("main");
  const saved = main.getByText(SAVED);
  const version = async () => Number(SAVED.exec((await saved.textContent()) ?? "")?.[1]);
  const name = main.getByLabel(shelfWords.name);

  await main.getByRole("button", { name: packWords.fresh }).click();
  await name.fill("Sea");
  await expect(main.getByText(shelfWords.notWhole(packWords.needsPicture))).toBeVisible();
  await page.reload();
  await expect(name).toHaveValue("Sea"); // what was not saved yet is not lost
  await choose(main, 1, 2);
  const pictures = main.getByRole("list", { name: packWords.pictures }).getByRole("listitem");
  await expect(pictures).toHaveCount(2, { timeout: 120_000 });
  await expect(pictures.getByRole("img").first()).toHaveJSProperty("complete", true);
  await expect(saved).toBeVisible();
  await expect(page).toHaveURL(/\?id=/);

  // Another tab changes the same pack.
  const other = await context.newPage();
  await other.goto(page.url());
  const otherName = other.getByRole("main").getByLabel(shelfWords.name);
  await expect(otherName).toHaveValue("Sea");
  const before = await version();
  await otherName.fill("Sea at dusk");
  await expect(other.getByText(shelfWords.saved(before + 1))).toBeVisible();
  await name.fill("Sea at dawn");
  await expect(main.getByText(shelfWords.clash(before + 1))).toBeVisible();
  await main.getByRole("button", { name: shelfWords.takeTheirs(before + 1) }).click();
  await expect(name).toHaveValue("Sea at dusk");

  await otherName.fill("Sea at noon");
  await expect(other.getByText(shelfWords.saved(before + 2))).toBeVisible();
  await name.fill("Sea at night");
  await main.getByRole("button", { name: shelfWords.keepMine(before + 3) }).click();
  await expect(main.getByText(shelfWords.saved(before + 3))).toBeVisible();
  await other.reload();
  await expect(otherName).toHaveValue("Sea at night");
  await other.close();

  // A file of it goes; a reload sooner than the saving loses no edit.
  const uid = await uidOf(page);
  const [gone = ""] = await uploadsOf(page, uid);
  await deleteFile(page, uid, gone);
  await name.fill("Sea, mended");
  await page.reload();
  await expect(name).toHaveValue("Sea, mended");
  const missing = pictures.filter({ hasText: packWords.missing });
  await expect(missing).toHaveCount(1);
  await choose(missing, 3);
  await expect(missing).toHaveCount(0, { timeout: 120_000 });
  await expect(pictures).toHaveCount(2);
  await pick(page, shelfWords.visibility, shelfWords.visibilities.public);
  await expect(saved).toBeVisible();

  // Somebody else may use it, and make it their own.
  const guest = await somebody(browser, baseURL, page.url());
  const theirs = guest.page.getByRole("main");
  await expect(theirs.getByText(shelfWords.of(shelfWords.everybodys))).toBeVisible();
  await expect(theirs.getByLabel(shelfWords.name)).toHaveCount(0);
  await theirs.getByRole("button", { name: shelfWords.copy }).click();
  await expect(theirs.getByLabel(shelfWords.name)).toHaveValue(shelfWords.copyOf("Sea, mended"));
  await expect(theirs.getByText(shelfWords.saved(1))).toBeVisible();
  const copies = theirs.getByRole("list", { name: packWords.pictures }).getByRole("listitem");
  await expect(copies).toHaveCount(2);
  await expect(copies.filter({ hasText: packWords.missing })).toHaveCount(0);
  await guest.page.context().close();

  await main.getByRole("button", { name: shelfWords.delete }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: shelfWords.delete }).click();
  await expect(page.getByRole("alertdialog")).toHaveCount(0);
  await expect(main.getByRole("button", { name: "Sea, mended" })).toHaveCount(0);
  await expect(main.getByText(packWords.choose)).toBeVisible();
});

test("a template lists its blanks as they are typed, and keeps its versions", async ({ page }) => {
  await signedIn(page, "/templates?new=1");
  const main = page.getByRole("main");
  await main.getByLabel(shelfWords.name).fill("Poster");
  const prompt = main.getByLabel(templateWords.prompt);
  await prompt.fill("A {{thing}} in {{season=autumn}}, {{1st}}");
  await expect(main.getByText(templateWords.odd("{{1st}}"))).toBeVisible();
  const blanks = main.getByRole("region", { name: templateWords.variables }).getByRole("listitem");
  await expect(blanks).toHaveText([
    `${templateWords.variable("thing")}${templateWords.needed}`,
    `${templateWords.variable("season")}${templateWords.fallback("autumn")}`,
  ]);
  await prompt.fill("A {{thing}} in {{season=autumn}}");
  await expect(main.getByText(templateWords.odd("{{1st}}"))).toHaveCount(0);
  await expect(main.getByText(SAVED)).toBeVisible();
  await expect(main.getByRole("link", { name: templateWords.tryIt })).toHaveAttribute(
    "href",
    /\/\?template=/,
  );
  await main.getByRole("button", { name: "Poster" }).waitFor(); // the list has it
  const before = Number(SAVED.exec((await main.getByText(SAVED).textContent()) ?? "")?.[1]);
  await prompt.fill("A {{thing}} by the sea");
  await expect(main.getByText(shelfWords.saved(before + 1))).toBeVisible();
  await expect(blanks).toHaveCount(1);
});
