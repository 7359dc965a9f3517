import { app } from "@/words/en";
import { library as words } from "@/words/library";
import { expect, signedIn, test } from "./fixtures";
import { type Copy, fill, gridOf, list, makeOne, shows, text, tileOf } from "./library";

const HOUR_MS = 3600_000;
const DAYS_60_MS = 60 * 24 * HOUR_MS;
const day = (at: number) => new Date(at).toISOString().slice(0, 10);

test("the library searches and filters by its address, goes back, and takes back what was deleted", async ({
  page,
}) => {
  await signedIn(page, "/");
  const original = await makeOne(page);
  const now = Date.now();
  let made = 0;
  const copy = (prompt: string, some: Partial<Copy> = {}): Copy => {
    made += 1;
    return { id: `${original.id.slice(0, 12)}${made}`, prompt, createdAt: now - made * HOUR_MS, ...some };
  };
  const fields = (some: Copy["fields"]): Partial<Copy> => (some ? { fields: some } : {});
  const said = {
    code: text("provider-failed"),
    message: text("It is out of order."),
    retryable: { booleanValue: true },
  };
  const error = { mapValue: { fields: said } };
  await fill(page, original, [
    copy("quiet harbour", { isVideo: true }),
    copy("red kite", fields({ favourite: { booleanValue: true } })),
    copy("blue heron", fields({ tags: list(["sea"]) })),
    copy("green fox", fields({ model: text("bench") })),
    copy("wide river", fields({ brand_id: text("b1") })),
    copy("tall tower", fields({ batch_id: text("bb1") })),
    copy("grey barn", fields({ status: text("failed"), generation_data: { nullValue: null }, error })),
    copy("old mill", { createdAt: now - DAYS_60_MS }),
  ]);
  const recent = ["quiet harbour", "red kite", "blue heron", "green fox", "wide river", "tall tower"];
  const all = [original.prompt, ...recent, "old mill"];

  // By address, opened and as it is gone to.
  await page.goto("/library?q=heron&size=l");
  await shows(page, ["blue heron"]);
  await expect(page.getByRole("searchbox")).toHaveValue("heron");
  await expect(page.getByRole("button", { name: words.sizeNames.large })).toHaveAttribute(
    "aria-pressed",
    "true",
  );
  const go = (query: string) => page.evaluate((to) => history.pushState(null, "", `/library${to}`), query);
  const month = day(now - DAYS_60_MS / 2);
  const FOUND: [query: string, prompts: readonly string[]][] = [
    ["", all],
    ["?kind=video", ["quiet harbour"]],
    ["?status=failed", ["grey barn"]],
    ["?model=bench", ["green fox"]],
    ["?brand=b1", ["wide river"]],
    ["?batch=bb1", ["tall tower"]],
    ["?tag=sea", ["blue heron"]],
    ["?fav=1", ["red kite"]],
    [`?to=${month}`, ["old mill"]],
    [`?from=${month}`, [original.prompt, ...recent]],
    ["?q=river&brand=b1&kind=image&nobody=knows", ["wide river"]],
  ];
  for (const [query, prompts] of FOUND) {
    await go(query);
    await shows(page, prompts);
  }
  await go("?q=river&fav=1");
  await expect(page.getByText(words.nothing("“river”, a star"))).toBeVisible();
  await go("?team=nobody");
  await expect(page.getByText(words.left)).toBeVisible();
  await page.getByRole("link", { name: words.personal }).click();
  await shows(page, all);

  // By the page's own controls, and back.
  await page.keyboard.press("/");
  await expect(page.getByRole("searchbox")).toBeFocused();
  await page.keyboard.type("kite");
  await shows(page, ["red kite"]);
  await expect(page).toHaveURL(/\?q=kite$/);
  await page.getByRole("searchbox").fill("");
  await shows(page, all);
  await page.getByRole("button", { name: words.video, exact: true }).click();
  await shows(page, ["quiet harbour"]);
  await page.getByRole("button", { name: words.favourites }).click();
  await expect(page.getByText(words.nothing("videos only, a star"))).toBeVisible();
  await page.goBack();
  await shows(page, ["quiet harbour"]);
  await page.goBack();
  await shows(page, all);
  await tileOf(page, "red kite").click();
  await expect(page.getByRole("dialog", { name: /red kite/ })).toBeVisible();
  await expect(page).toHaveURL(/open=images\//);
  await page.goBack();
  await expect(page.getByRole("dialog")).toBeHidden();
  await expect(tileOf(page, "red kite")).toBeFocused();

  // Deleted and taken back: the focus goes to the neighbour.
  await tileOf(page, "blue heron").focus();
  await page.keyboard.press("Delete");
  await expect(tileOf(page, "blue heron")).toBeHidden();
  await expect(tileOf(page, "green fox")).toBeFocused();
  await page.keyboard.press("Control+z");
  await shows(page, all);
  await expect(gridOf(page).getByRole("gridcell").and(page.locator(":focus"))).toHaveCount(1);

  // The last of a day, too: its neighbour, the first of another, moves to another row, and is back there.
  await tileOf(page, "tall tower").focus();
  await page.keyboard.press("Delete");
  await expect(tileOf(page, "tall tower")).toBeHidden();
  await expect(tileOf(page, "old mill")).toBeFocused();
  await page.keyboard.press("Control+z");
  await shows(page, all);
  await expect(tileOf(page, "old mill")).toBeFocused();

  // Deleted for good, once the toast is gone.
  const deleted = page.waitForResponse((answer) => answer.url().endsWith("/deleteGeneration"));
  await tileOf(page, original.prompt).focus();
  await page.keyboard.press("Delete");
  // It closes by itself, too, where the machine is slower than whoever would.
  const closed = page.getByRole("listitem").getByRole("button", { name: app.close }).click();
  await Promise.race([closed.catch(() => {}), deleted]);
  expect((await deleted).status()).toBe(200);
  await page.reload();
  await shows(page, [...recent, "old mill"]);
});
