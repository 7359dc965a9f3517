// Why a job waits, and what cancelling it costs.
import { charged, failure, job } from "@/words/en";
import { jobs as words } from "@/words/jobs";
import { call, promote } from "./backend";
import { Create, freshPrompt } from "./create";
import { expect, signedIn, test } from "./fixtures";

const PLACES = 2; // of the free tier
const SCHEDULED = 5; // from so many on, cancelling all that wait is asked for once more

test("waits say why, and are cancelled one by one or all at once", async ({ page }) => {
  await signedIn(page, "/");
  const create = new Create(page);
  const main = page.getByRole("main");
  const [first, second, third] = [freshPrompt("a barn"), freshPrompt("a mill"), freshPrompt("a kite")];
  // Both places are held for as long as it takes: a provider works on, and no worker of ours does.
  for (const prompt of [first, second])
    await call(page, "generateImage", { prompt: `${prompt} #pending:9000`, model: "runpod-image" });
  await create.prompt.fill(third);
  await create.generate.click();
  await expect(main.getByText(job.capacity(PLACES, PLACES))).toBeVisible();
  const scheduledAt = new Date(Date.now() + 24 * 3600_000).toISOString();
  const towers = Array.from({ length: SCHEDULED }, () => ({ prompt: freshPrompt("a tower"), scheduledAt }));
  await Promise.all(towers.map((tower) => call(page, "generateImage", tower)));
  await expect(main.getByText(/^Starts \w{3} \d{2}:\d{2}$/)).toHaveCount(SCHEDULED);

  await page.getByRole("button", { name: `${3 + SCHEDULED} open jobs` }).click();
  const drawer = page.getByRole("dialog", { name: words.title });
  const row = (prompt: string) => drawer.getByRole("listitem").filter({ hasText: prompt });
  await expect(drawer.getByText(words.waiting(1 + SCHEDULED))).toBeVisible();
  await expect(drawer.getByText(words.places(PLACES, PLACES))).toBeVisible();
  for (const prompt of [third, first]) {
    await row(prompt).getByRole("button", { name: job.cancel }).click();
    await expect(row(prompt)).toContainText(job.cancelled(0));
    await expect(main.getByText(job.cancelled(0)).first()).toBeVisible();
  }
  await drawer.getByRole("button", { name: words.cancelAll }).click();
  const asking = page.getByRole("alertdialog", { name: words.cancelAllTitle(SCHEDULED) });
  await expect(asking).toContainText(words.cancelAllBody(2 * SCHEDULED));
  await asking.getByRole("button", { name: words.cancelN(SCHEDULED) }).click();
  await expect(drawer.getByText(/^Waiting \d/)).toHaveCount(0);
  // What is being made was left alone.
  await expect(row(second)).toContainText(job.processing);
  await row(second).getByRole("button", { name: job.cancel }).click();
  await expect(drawer.getByText(words.finished(3 + SCHEDULED))).toBeVisible();

  // What has failed says why, and offers its prompt.
  await page.keyboard.press("Escape");
  const bad = `${freshPrompt("a mask")} [[blocked]]`;
  await create.prompt.fill(bad);
  await create.generate.click();
  await expect(main.getByText(charged(0)).first()).toBeVisible({ timeout: 120_000 });
  await page.getByRole("button", { name: "No open jobs" }).click();
  const why = failure({ code: "content-blocked", message: "", retryable: false }, 1, 0).says;
  await expect(row(bad)).toContainText(why);
  await create.prompt.fill("");
  await row(bad).getByRole("link", { name: job.edit }).click();
  await expect(drawer).toBeHidden();
  await expect(create.prompt).toHaveValue(bad);
});

test("cancelling what is billed anyway is asked for with its price, and charged", async ({ page }) => {
  await signedIn(page);
  await promote(page, 100);
  await page.goto("/");
  const prompt = `${freshPrompt("waves")} #pending:9000`;
  const model = "veo-3.1-fast-generate-001"; // its film goes on, and is billed, whoever waits for it
  const { credits } = await call<{ credits: { estimated: number } }>(page, "generateVideo", {
    prompt,
    model,
    durationSeconds: 4,
  });
  const price = credits.estimated;
  const main = page.getByRole("main");
  await expect(main.getByText(job.processing).first()).toBeVisible({ timeout: 240_000 });
  await page.getByRole("button", { name: "1 open job", exact: true }).click();
  const row = page.getByRole("dialog", { name: words.title }).getByRole("listitem");
  await row.getByRole("button", { name: job.cancel }).click();
  const asking = page.getByRole("alertdialog", { name: job.cancelPaid(price) });
  await asking.getByRole("button", { name: job.letFinish }).click();
  await expect(row).toContainText(job.processing);
  await row.getByRole("button", { name: job.cancel }).click();
  await asking.getByRole("button", { name: job.cancelAndPay(price) }).click();
  await expect(row).toContainText(job.cancelled(price));
});
