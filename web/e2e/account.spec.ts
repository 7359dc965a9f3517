import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { keyWords, secretWords, webhookWords } from "@/words/account";
import { Create, freshPrompt, jobsOf, uidOf } from "./create";
import { expect, signedIn, test } from "./fixtures";
import { FUNCTIONS, fieldOf } from "./people";

test("the ledger's lines sum to the balance, a job's hold, capture and release being one of them", async ({
  page,
}) => {
  await signedIn(page, "/");
  const create = new Create(page);
  const uid = await uidOf(page);
  const [made, failed] = [freshPrompt("a mill"), `${freshPrompt("a kiln")} [[fail:permanent]]`];
  // Until its price is known, a press waits, and one more takes its place.
  for (const prompt of [made, failed]) {
    await create.prompt.fill(prompt);
    await expect(create.generate).toHaveAccessibleName(/\d/);
    await create.generate.click();
  }
  await create.seePicture(made);
  await expect.poll(() => jobsOf(page, uid)).toHaveLength(2);
  const account = `accounts/user_${uid}`;
  await expect.poll(() => fieldOf(page, account, "held"), { timeout: 200_000 }).toBe("0");
  const available = Number(await fieldOf(page, account, "available"));

  await page.goto("/account?tab=ledger");
  const lines = page.getByRole("main").getByRole("listitem");
  await expect(lines).toHaveCount(3);
  const changes = await lines.evaluateAll((all) =>
    all.map((line) => {
      const [, sign = "", digits = "0"] =
        /([+–]?)(\d+)$/.exec(line.querySelector("summary > span:last-child > span")?.textContent ?? "") ?? [];
      return (sign === "–" ? -1 : 1) * Number(digits);
    }),
  );
  expect(changes.toSorted((a, b) => a - b)).toEqual([-2, 0, 100]);
  expect(changes.reduce((sum, change) => sum + change, 0)).toBe(available);
  const charged = lines.filter({ hasText: "2 credits charged" });
  await charged.getByText("Image").click();
  await expect(charged.getByRole("table").getByRole("row")).toHaveCount(3); // a head, the hold, the capture
  await expect(lines.filter({ hasText: "nothing charged" })).toHaveCount(1);
  await page.getByRole("tab", { name: "Balance" }).click();
  await expect(page.getByRole("main").getByText(String(available), { exact: true })).toBeVisible();
});

test("a key is shown once and works until it is revoked", async ({ page }) => {
  await signedIn(page, "/account?tab=keys");
  const main = page.getByRole("main");
  await main.getByRole("button", { name: keyWords.fresh }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: keyWords.create }).click();
  await expect(dialog.getByText(keyWords.needsName)).toBeVisible();
  await dialog.getByLabel(keyWords.name).fill("sheet");
  await dialog.getByRole("button", { name: keyWords.create }).click();
  const field = page.getByRole("dialog").getByLabel(keyWords.secret, { exact: true });
  await expect(field).toHaveValue(/^mf_test_/);
  const key = await field.inputValue();
  const status = async () =>
    (
      await page.request.get(`${FUNCTIONS}/api/account`, { headers: { Authorization: `Bearer ${key}` } })
    ).status();
  expect(await status()).toBe(200);

  await page.keyboard.press("Escape"); // a key that was pressed too much loses nothing
  await expect(dialog.getByText(secretWords.askAgain)).toBeVisible();
  await dialog.getByRole("button", { name: secretWords.kept }).click();
  await expect(dialog).toHaveCount(0);
  const row = main.getByRole("list", { name: keyWords.list }).getByRole("listitem");
  await expect(row).toContainText("sheet");
  await page.reload();
  await expect(row).toContainText("sheet");
  expect(await page.content()).not.toContain(key);

  await row.getByRole("button", { name: keyWords.revokeOf("sheet") }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: keyWords.confirm }).click();
  await expect(row).toContainText("revoked");
  await expect(row.getByRole("button")).toHaveCount(0);
  expect(await status()).toBe(401);
});

test("a webhook is told of a job's end, shows its deliveries, and is told no more once it is deleted", async ({
  page,
}) => {
  const heard: { readonly type: string; readonly signature: string | undefined }[] = [];
  const receiver = createServer(async (request: IncomingMessage, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { type } = JSON.parse(Buffer.concat(parts).toString()) as { type: string };
    heard.push({ type, signature: request.headers["webhook-signature"]?.toString() });
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  try {
    await signedIn(page, "/account?tab=webhooks");
    const main = page.getByRole("main");
    await main.getByRole("button", { name: webhookWords.fresh }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel(webhookWords.url).fill("ftp://somewhere");
    await dialog.getByRole("button", { name: webhookWords.create }).click();
    await expect(dialog.getByText(webhookWords.needsUrl)).toBeVisible();
    await dialog.getByLabel(webhookWords.url).fill(url);
    await dialog.getByRole("button", { name: webhookWords.create }).click();
    const secret = dialog.getByLabel(webhookWords.secret, { exact: true });
    await expect(secret).toHaveValue(/^whsec_/);
    await dialog.getByRole("button", { name: secretWords.kept }).click();

    const create = new Create(page);
    await page.goto("/");
    const prompt = freshPrompt("a bell tower");
    await create.prompt.fill(prompt);
    await create.generate.click();
    await create.seePicture(prompt);
    await expect.poll(() => heard.map(({ type }) => type), { timeout: 120_000 }).toEqual(["job.completed"]);
    expect(heard[0]?.signature).toMatch(/^v1,/);

    await page.goto("/account?tab=webhooks");
    const row = main.getByRole("list", { name: webhookWords.list }).getByRole("listitem");
    await expect(row).toContainText(url);
    const told = dialog.getByRole("listitem");
    await expect(async () => {
      await page.keyboard.press("Escape"); // what is shown is read when it is opened
      await row.getByRole("button", { name: webhookWords.deliveriesOf(url) }).click();
      await expect(told).toContainText(webhookWords.status.delivered, { timeout: 15_000 });
    }).toPass({ timeout: 180_000 });
    await expect(told).toContainText(webhookWords.answered(204));
    await page.keyboard.press("Escape");

    await row.getByRole("button", { name: webhookWords.rotateOf(url) }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: webhookWords.rotateConfirm }).click();
    await expect(secret).toHaveValue(/^whsec_/);
    await dialog.getByRole("button", { name: secretWords.kept }).click();
    await row.getByRole("button", { name: webhookWords.removeOf(url) }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: webhookWords.removeConfirm }).click();
    await expect(main.getByText(webhookWords.empty)).toBeVisible();
  } finally {
    receiver.close();
  }
});
