// The page for administrators: nobody else finds it, and the backend refuses them; dead letters, and an account.
import type { Page } from "@playwright/test";
import { app, places, shell } from "@/words/en";
import { operateWords as words } from "@/words/operate";
import { call, reasonOf } from "./backend";
import { DATABASE, uidOf } from "./create";
import { expect, signedIn, signIn, test } from "./fixtures";
import { cut, resize, serious, settled, show } from "./page";
import { somebody } from "./people";

/** An administrator at this address. */
async function asAdmin(page: Page, address: string): Promise<void> {
  await page.goto("/signin");
  await signIn(page, "admin");
  await page.goto(address);
}

/** Jobs that spend their attempts; their ids. */
async function dying(page: Page, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) {
    const sent = { prompt: `[[fail:always]] a pier ${n}`, requestId: `dying-${n}` };
    ids.push((await call<{ jobId: string }>(page, "generateImage", sent)).jobId);
  }
  return ids;
}

interface Entry {
  readonly action: string;
  readonly actor: string;
  readonly reason: string;
}

/** What operators have done about it, as the owner of the database sees it. */
async function auditOf(page: Page, subject: string): Promise<Entry[]> {
  const answer = await page.request.get(`${DATABASE}/audit?pageSize=300`, {
    headers: { Authorization: "Bearer owner" },
  });
  const { documents = [] } = (await answer.json()) as {
    documents?: { fields: Record<string, { stringValue?: string }> }[];
  };
  return documents
    .map(({ fields }) => fields)
    .filter((fields) => fields.subject?.stringValue === subject)
    .map(({ action, actor, reason }) => ({
      action: action?.stringValue ?? "",
      actor: actor?.stringValue ?? "",
      reason: reason?.stringValue ?? "",
    }));
}

test("without the claim there is no way to it, nothing of it is loaded, and the backend refuses", async ({
  page,
}) => {
  const scripts: string[] = [];
  page.on("response", (response) => {
    if (response.url().endsWith(".js"))
      void response.text().then(
        (text) => scripts.push(text),
        () => {},
      );
  });
  await signedIn(page, "/");
  await page
    .getByRole("button", { name: new RegExp(`^${shell.account("")}`) })
    .first()
    .click();
  await expect(page.getByRole("menuitem", { name: places.account })).toBeVisible();
  await expect(page.getByRole("menuitem", { name: places.operate })).toHaveCount(0);
  await page.keyboard.press("Escape");
  await page.goto("/operate");
  await expect(page.getByRole("heading", { level: 1, name: app.notFound })).toBeVisible();
  await expect(page.getByRole("tab")).toHaveCount(0);
  expect(scripts.length).toBeGreaterThan(3);
  expect(scripts.filter((text) => text.includes(words.purgeBody))).toEqual([]);
  expect(await reasonOf(page, "inspect", {})).toBe("not-admin");
  expect(await reasonOf(page, "controlDeadLetter", { jobId: "j", action: "purge" })).toBe("not-admin");
});

test("a dead letter is found, replayed with a reason, and another one purged by the keyboard", async ({
  page,
  browser,
  baseURL,
}) => {
  const user = await somebody(browser, baseURL, "/");
  const [first = "", second = ""] = await dying(user.page, 2);
  await asAdmin(page, "/");
  await page
    .getByRole("button", { name: new RegExp(`^${shell.account("")}`) })
    .first()
    .click();
  await page.getByRole("menuitem", { name: places.operate }).click();
  await page.getByRole("tab", { name: /^Dead letters/ }).click();
  const main = page.getByRole("main");
  const letter = (jobId: string) => main.getByRole("listitem").filter({ hasText: jobId });
  await expect(async () => {
    await main.getByRole("button", { name: words.look }).click();
    await expect(letter(first)).toBeVisible({ timeout: 5_000 });
    await expect(letter(second)).toBeVisible({ timeout: 5_000 });
  }).toPass({ timeout: 240_000 });
  await expect(letter(first)).toContainText("provider-unavailable");

  await letter(first)
    .getByRole("button", { name: words.replayOf(first) })
    .click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: words.replay }).click();
  await expect(dialog.getByText(words.needsReason)).toBeVisible();
  await dialog.getByLabel(words.reason).fill("ticket 7");
  await dialog.getByRole("button", { name: words.replay }).click();
  await expect(dialog).toHaveCount(0);
  await expect(page.getByText(words.replayedAs(""), { exact: false }).first()).toBeVisible();
  await expect(letter(first)).toHaveCount(0);

  await letter(second)
    .getByRole("button", { name: words.purgeOf(second) })
    .focus();
  await page.keyboard.press("Enter");
  await expect(dialog.getByLabel(words.reason)).toBeFocused();
  await page.keyboard.type("ticket 8");
  await page.keyboard.press("Enter");
  await expect(dialog).toHaveCount(0); // what is behind it has no role until then
  await expect(letter(second)).toHaveCount(0);

  const actor = await uidOf(page);
  expect(await auditOf(page, first)).toEqual([{ action: "dead-letters replay", actor, reason: "ticket 7" }]);
  expect(await auditOf(page, second)).toEqual([{ action: "dead-letters purge", actor, reason: "ticket 8" }]);
  await user.page.context().close();
});

test("an account is shown with its ledger, corrected, blocked and let in again", async ({
  page,
  browser,
  baseURL,
}) => {
  const user = await somebody(browser, baseURL, "/");
  const uid = await uidOf(user.page);
  await call(user.page, "generateImage", { prompt: "a mill", scheduledAt: inAnHour() });
  await asAdmin(page, "/operate?tab=account");
  const main = page.getByRole("main");
  await main.getByLabel(words.accountId).fill("ann@example.com");
  await main.getByRole("button", { name: words.show }).click();
  await expect(main.getByText(words.wrongAccount)).toBeVisible();
  await main.getByLabel(words.accountId).fill(uid);
  await main.getByRole("button", { name: words.show }).click();
  await expect(main.getByRole("heading", { name: `user_${uid}` })).toBeVisible();
  const rows = main.getByRole("table").getByRole("row");
  await expect(rows).toHaveCount(3); // a head, the welcome credits, the hold
  await expect(rows.filter({ hasText: "hold" })).toContainText("–2");

  const dialog = page.getByRole("dialog");
  const decide = async (act: keyof typeof words.acts, reason: string) => {
    await dialog.getByLabel(words.reason).fill(reason);
    await dialog.getByRole("button", { name: words.acts[act] }).click();
    await expect(dialog).toHaveCount(0);
  };
  await main.getByRole("button", { name: words.acts.adjust }).click();
  await dialog.getByLabel(words.amount).fill("7");
  await expect(dialog.getByText(words.becomes(105))).toBeVisible();
  await decide("adjust", "a favour");
  await expect(rows.filter({ hasText: "a favour" })).toContainText("+7");

  await main.getByRole("button", { name: words.acts.block, exact: true }).click();
  await decide("block", "ticket 9");
  await expect(main.getByText(/^Blocked since .*: ticket 9$/)).toBeVisible();
  expect(await reasonOf(user.page, "generateImage", { prompt: "a boat" })).toBe("account-blocked");
  await main.getByRole("button", { name: words.acts.unblock }).click();
  await decide("unblock", "ticket 10");
  await expect(main.getByText(/^Blocked since/)).toHaveCount(0);
  expect(await reasonOf(user.page, "generateImage", { prompt: "a boat" })).toBeUndefined();

  const done = (await auditOf(page, `user_${uid}`)).map(({ action, reason }) => `${action}: ${reason}`);
  expect(done.sort()).toEqual([
    "accounts adjust: a favour",
    "accounts block: ticket 9",
    "accounts unblock: ticket 10",
  ]);
  await page.reload(); // its address says which account
  await expect(main.getByRole("heading", { name: `user_${uid}` })).toBeVisible();
  await user.page.context().close();
});

function inAnHour(): string {
  return new Date(Date.now() + 3_600_000).toISOString();
}

test("it is clean for axe, wide and narrow, light and dark", async ({ page, browser, baseURL }) => {
  const user = await somebody(browser, baseURL, "/");
  await dying(user.page, 1);
  const uid = await uidOf(user.page);
  await asAdmin(page, "/operate");
  const found: string[] = [];
  const note = (what: string, faults: readonly string[]) =>
    found.push(...faults.map((fault) => `${what}: ${fault}`));
  for (const tab of Object.keys(words.tabs)) {
    await settled(page, `/operate?tab=${tab}&account=user_${uid}`);
    for (const [width, height] of [
      [1280, 800],
      [320, 640],
    ] as const) {
      await resize(page, width, height);
      await show(page, "light");
      note(`${tab} light ${width}`, await serious(page));
      await show(page, "dark");
      note(`${tab} dark ${width}`, await serious(page, ["color-contrast"]));
      note(`${tab} ${width}`, await cut(page));
    }
    await resize(page, 1280, 800);
  }
  await page.getByRole("button", { name: words.acts.block, exact: true }).click();
  await expect(page.getByRole("dialog")).toBeVisible();
  note("a decision, dark", await serious(page));
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  expect(found).toEqual([]);
  await user.page.context().close();
});
