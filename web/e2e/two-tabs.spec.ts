import { job } from "@/words/en";
import { Create, freshPrompt, holdsOf, jobsOf, uidOf } from "./create";
import { expect, signedIn, test } from "./fixtures";

test("two tabs send what is kept once, and each has its own draft", async ({ page, context }) => {
  await signedIn(page, "/");
  const uid = await uidOf(page);
  const other = await context.newPage();
  await other.goto("/");
  await uidOf(other);
  const tabs = [new Create(page), new Create(other)] as const;
  const [first, second] = tabs;
  const sent: string[] = [];
  context.on("request", (request) => {
    if (request.url().endsWith("/generateImage")) sent.push(request.postData() ?? "");
  });

  await first.prompt.fill("of the first");
  await second.prompt.fill("of the second");
  // A draft is kept a moment after the last key.
  const kept = (tab: Create) =>
    tab.page.evaluate((key) => sessionStorage.getItem(key) ?? "", `mf-draft/${uid}/create`);
  await expect.poll(() => kept(first)).toContain("of the first");
  await expect.poll(() => kept(second)).toContain("of the second");
  await Promise.all(tabs.map((tab) => tab.page.reload()));
  await expect(first.prompt).toHaveValue("of the first");
  await expect(second.prompt).toHaveValue("of the second");

  await expect(first.generate).toHaveAccessibleName(/\d/);
  await context.setOffline(true);
  const both = freshPrompt("a ferry");
  await first.prompt.fill(both);
  await first.generate.click();
  for (const tab of tabs) await expect(tab.page.getByText(job.keptOffline).first()).toBeVisible();
  await context.setOffline(false);
  for (const tab of tabs) await tab.seePicture(both);
  expect(sent).toHaveLength(1);

  // Where the tab that began is closed, another one goes on.
  await context.setOffline(true);
  const left = freshPrompt("a canoe");
  await first.prompt.fill(left);
  await first.generate.click();
  await expect(second.page.getByText(job.keptOffline).first()).toBeVisible();
  await page.close();
  await context.setOffline(false);
  await second.seePicture(left);
  expect(sent).toHaveLength(2);
  expect(await jobsOf(other, uid)).toHaveLength(2);
  expect(await holdsOf(other, uid)).toHaveLength(2);
});

/** One day longer than the backend is promised to know a requestId. */
const DAYS = 30;

test("what is older than ids are remembered is sent only when the user says so", async ({ page }) => {
  await signedIn(page, "/");
  const create = new Create(page);
  const uid = await uidOf(page);
  const prompt = freshPrompt("an old mill");
  const isThere = () =>
    page.evaluate(async () => (await indexedDB.databases()).some(({ name }) => name === "mediaforge-studio"));
  await expect.poll(isThere).toBe(true);
  await page.evaluate(
    ({ uid, prompt, at }) =>
      new Promise<void>((resolve, reject) => {
        const opening = indexedDB.open("mediaforge-studio");
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const database = opening.result;
          const writing = database.transaction("unsent", "readwrite");
          const requestId = "0123456789abcdef0123456789abcdef";
          const entry = { requestId, uid, kind: "image", payload: { prompt }, accountId: `user_${uid}`, at };
          writing.objectStore("unsent").put(entry, `${uid}/${requestId}`);
          writing.oncomplete = () => resolve(database.close());
          writing.onerror = () => reject(writing.error);
        };
      }),
    { uid, prompt, at: Date.now() - DAYS * 24 * 3600_000 },
  );
  const sent: string[] = [];
  page.on("request", (request) => {
    if (request.url().endsWith("/generateImage")) sent.push(request.url());
  });
  await page.reload();
  const main = page.getByRole("main");
  await expect(main.getByText(job.unsafe)).toBeVisible();
  await expect(create.generate).toHaveAccessibleName(/\d/); // whatever is sent by itself would be by now
  expect(sent).toHaveLength(0);
  await main.getByRole("button", { name: job.send, exact: true }).click();
  await create.seePicture(prompt);
  await expect(main.getByText(job.unsafe)).toBeHidden();
  expect(await jobsOf(page, uid)).toHaveLength(1);
});
