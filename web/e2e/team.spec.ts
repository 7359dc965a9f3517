import { accountWords, ledgerWords } from "@/words/account";
import { create as createWords } from "@/words/create";
import { app } from "@/words/en";
import { inviteWords } from "@/words/invite";
import { joinWords, teamWords as words } from "@/words/people";
import { Create, freshPrompt, uidOf } from "./create";
import { expect, signedIn, test } from "./fixtures";
import { tileOf } from "./library";
import { fieldOf, grant, letPay, nameOn, somebody } from "./people";

test("a link lets one in, once; a viewer looks on; an editor makes work within limits, and the team pays", async ({
  page,
  browser,
  baseURL,
}) => {
  await signedIn(page, "/team");
  const owner = await nameOn(page);
  const main = page.getByRole("main");
  await main.getByLabel(words.name).fill("Studio North");
  await main.getByRole("button", { name: words.create }).click();
  await expect(main.getByRole("heading", { name: "Studio North" })).toBeVisible();
  const teamId = new URL(page.url()).searchParams.get("id") ?? "";
  await grant(page, `team_${teamId}`, 50);
  await expect(main.getByText(words.balance(50))).toBeVisible();

  // The only owner cannot go.
  const rowOf = (name: string) => main.getByRole("row").filter({ hasText: name });
  await expect(rowOf(owner).getByRole("button", { name: words.leave })).toHaveAttribute(
    "aria-disabled",
    "true",
  );

  await main.getByRole("button", { name: words.invite, exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("radio", { name: words.roles.viewer }).check();
  await dialog.getByRole("button", { name: inviteWords.makeLink }).click();
  await expect(dialog.getByLabel(inviteWords.link)).toHaveValue(/\/join\?team=/);
  const link = await dialog.getByLabel(inviteWords.link).inputValue();
  await page.keyboard.press("Escape");
  const invitations = main.getByRole("region", { name: words.invitations });
  await expect(invitations.getByRole("listitem")).toHaveCount(1);

  // It lets one in, who is told so when they come again; nobody else.
  const bo = await somebody(browser, baseURL, link);
  await bo.page.getByRole("button", { name: joinWords.join, exact: true }).click();
  await expect(bo.page.getByText(joinWords.joined(words.roles.viewer))).toBeVisible();
  const eve = await somebody(browser, baseURL, link);
  await eve.page.getByRole("button", { name: joinWords.join, exact: true }).click();
  await expect(eve.page.getByRole("main").getByText(joinWords.ended)).toBeVisible();
  await eve.page.goto(`/team?id=${teamId}`);
  await expect(eve.page.getByRole("main").getByText(app.notShared)).toBeVisible();
  await eve.page.context().close();
  await bo.page.goto(link);
  await bo.page.reload();
  await expect(bo.page.getByText(joinWords.already("Studio North"))).toBeVisible();
  await expect(invitations).toHaveCount(0);

  // Both are called by their names, and a viewer has no controls.
  await expect(rowOf(bo.name)).toBeVisible();
  await bo.page.goto(`/team?id=${teamId}`);
  const theirs = bo.page.getByRole("main");
  await expect(theirs.getByRole("row").filter({ hasText: owner })).toBeVisible();
  await expect(theirs.getByRole("row").filter({ hasText: bo.name })).toContainText(words.roles.viewer);
  await expect(theirs.getByRole("button", { name: words.invite, exact: true })).toHaveCount(0);
  await expect(theirs.getByRole("button", { name: words.removeOf(owner) })).toHaveCount(0);

  // The viewer's bar is read only while the team pays.
  const create = new Create(bo.page);
  await bo.page.goto("/");
  await letPay(bo.page, "Studio North");
  await expect(bo.page.getByText(createWords.viewer)).toBeVisible();
  await expect(create.prompt).toHaveJSProperty("readOnly", true);

  // Made an editor with one picture a day, they make one; the team pays.
  await rowOf(bo.name)
    .getByRole("button", { name: new RegExp(`^${words.roleOf(bo.name)}`) })
    .click();
  await page.getByRole("menuitemradio", { name: words.roles.editor }).click();
  const limit = rowOf(bo.name).getByLabel(words.limitOf(words.limits.imagesADay, bo.name));
  await limit.fill("1");
  await limit.press("Enter");
  const membership = `teams/${teamId}/members/${await uidOf(bo.page)}`;
  await expect
    .poll(() => fieldOf(page, membership, "limits"))
    .toMatchObject({ fields: { images: { integerValue: "1" } } });
  // Two calls, and each takes its time: a viewer's job would be refused.
  await expect.poll(() => fieldOf(page, membership, "role")).toBe("editor");
  await bo.page.reload();
  await expect(create.prompt).toHaveJSProperty("readOnly", false);
  const prompt = freshPrompt("a northern harbour");
  await create.prompt.fill(prompt);
  await create.generate.click();
  await create.seePicture(prompt);
  await create.prompt.fill(freshPrompt("another harbour"));
  await create.generate.click();
  await expect(
    bo.page.getByRole("main").locator('[data-tone="bad"]').filter({ hasText: /a day/ }),
  ).toBeVisible();
  await expect(rowOf(bo.name)).toContainText(words.usage(1, 2));
  await expect(main.getByText(words.balance(48))).toBeVisible();

  // The owner sees the team's work and books while the team pays, and their own while they do.
  await page.goto("/account?tab=ledger");
  await letPay(page, "Studio North");
  await expect(main.getByText(accountWords.ofTeam("Studio North"))).toBeVisible();
  const charged = main.getByRole("listitem").filter({ hasText: "Image" });
  await expect(charged).toContainText("–2");
  await charged.getByText("Image").click();
  await charged.getByRole("link", { name: ledgerWords.openJob }).click();
  await expect(main.getByRole("img", { name: prompt }).first()).toBeVisible();
  await page.goto("/library");
  await expect(tileOf(page, prompt)).toBeVisible();
  await letPay(page, "Personal");
  await expect(tileOf(page, prompt)).toHaveCount(0);
  await page.goto("/account");
  await expect(main.getByText("100", { exact: true })).toBeVisible();

  // Removed, the editor sees the team no more, and pays for themselves.
  await page.goto(`/team?id=${teamId}`);
  await main.getByRole("button", { name: words.removeOf(bo.name) }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: words.remove }).click();
  await expect(page.getByRole("alertdialog")).toHaveCount(0); // what is behind it has no role until then
  await expect(rowOf(bo.name)).toHaveCount(0);
  await bo.page.reload();
  await expect(bo.page.getByRole("button", { name: /^Who pays: Personal/ })).toBeVisible();
  await bo.page.goto(`/team?id=${teamId}`);
  await expect(theirs.getByText(app.notShared)).toBeVisible();
  await bo.page.context().close();
});
