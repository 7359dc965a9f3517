// Somebody leaves for good, and comes back as somebody new.
import type { Page } from "@playwright/test";
import { leaveWords as words } from "@/words/account";
import { create as createWords } from "@/words/create";
import { refusal, session } from "@/words/en";
import { Create, freshPrompt, jobsOf, uidOf } from "./create";
import { EMULATORS, expect, test } from "./fixtures";
import { fieldOf } from "./people";

const CODES = `http://127.0.0.1:${EMULATORS.auth}/emulator/v1/projects/demo-mediaforge/oobCodes`;

/** Signs in by a link in a mail: the same person each time. */
async function byLink(page: Page, email: string): Promise<string> {
  await page.goto("/signin");
  await page.getByLabel(session.email).fill(email);
  await page.getByRole("button", { name: session.sendLink }).click();
  await expect(page.getByText(session.sent(email))).toBeVisible();
  const { oobCodes } = (await (await page.request.get(CODES)).json()) as {
    oobCodes: { email: string; oobLink: string }[];
  };
  const link = oobCodes.findLast((code) => code.email === email)?.oobLink;
  await page.goto(link ?? "");
  return uidOf(page);
}

test("who deletes their account is signed out, and begins clean when they sign in again", async ({
  page,
}) => {
  const email = `${freshPrompt("leaver").replace(" ", "-")}@mediaforge.test`;
  const before = await byLink(page, email);
  const create = new Create(page);
  const prompt = freshPrompt("a ferry");
  await page.goto("/");
  await create.prompt.fill(prompt);
  await create.generate.click();
  await create.seePicture(prompt);

  await page.goto("/account?tab=settings");
  await page.getByRole("button", { name: words.open }).click();
  const dialog = page.getByRole("dialog");
  const confirm = dialog.getByRole("button", { name: words.confirm });
  await dialog.getByLabel(words.type).fill("no");
  await expect(confirm).toBeDisabled();
  await dialog.getByLabel(words.type).fill(words.word);
  await confirm.click();
  await expect(page.getByRole("button", { name: session.another })).toBeVisible();
  await expect(dialog).toHaveCount(0);
  await expect.poll(() => jobsOf(page, before), { timeout: 240_000 }).toEqual([]);

  const after = await byLink(page, email);
  expect(after).not.toBe(before);
  await page.goto("/");
  await expect(page.getByText(createWords.empty)).toBeVisible();
  await expect(create.picture(prompt)).toHaveCount(0);
  await page.goto("/library");
  await expect(page.getByRole("heading", { level: 1 })).toBeAttached();
  await expect(create.picture(prompt)).toHaveCount(0);

  // They are known, without a name: the welcome credits come once.
  await page.goto("/");
  await create.prompt.fill(freshPrompt("a raft"));
  await create.generate.click();
  const details = { reason: "insufficient-credits", required: 2, available: 0 };
  const says = refusal({ reason: "insufficient-credits", message: "", details });
  await expect(page.getByRole("main").getByText(says).first()).toBeVisible();
  expect(await fieldOf(page, `accounts/user_${after}`, "available")).toBeUndefined();
});
