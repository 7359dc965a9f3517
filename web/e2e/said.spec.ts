// What screen readers are told, by the two regions that are in every page from its first HTML on.
import type { Page } from "@playwright/test";
import { create as bar } from "@/words/create";
import { failure, announce as words } from "@/words/en";
import { Create, freshPrompt } from "./create";
import { expect, signedIn, test } from "./fixtures";

declare global {
  interface Window {
    said: { how: string | null; text: string }[];
  }
}

/** Begins to write down what is said. */
async function listen(page: Page): Promise<void> {
  await page.evaluate(() => {
    window.said = [];
    for (const region of document.querySelectorAll("[aria-live]")) {
      const note = () => {
        const text = (region.textContent ?? "").replaceAll("\u00a0", " ").trim();
        if (text) window.said.push({ how: region.getAttribute("aria-live"), text });
      };
      new MutationObserver(note).observe(region, { childList: true, characterData: true, subtree: true });
    }
  });
}

const said = (page: Page, how: "polite" | "assertive") =>
  page.evaluate((wanted) => window.said.filter((each) => each.how === wanted).map(({ text }) => text), how);

test("what was sent, what was made, what failed and what was refused are each said once", async ({
  page,
  request,
}) => {
  const html = await (await request.get("/")).text();
  expect(html.match(/aria-live="(polite|assertive)"/g)).toEqual([
    'aria-live="polite"',
    'aria-live="assertive"',
  ]);

  await signedIn(page, "/");
  const create = new Create(page);
  await expect(create.generate).toHaveAccessibleName(/Generate, \d+ credits?/);
  const price = Number(/\d+/.exec((await create.generate.getAttribute("aria-label")) ?? "")?.[0]);
  const refused = failure({ code: "content-blocked", message: "", retryable: false }, 1, 0).says;
  await listen(page);

  await create.generate.click();
  await expect.poll(() => said(page, "assertive")).toEqual([bar.describe]);

  const prompt = freshPrompt("a boat");
  await create.prompt.fill(prompt);
  await create.generate.click();
  await expect.poll(() => said(page, "polite")).toContain(words.sent(price));
  await expect.poll(() => said(page, "polite"), { timeout: 180_000 }).toContain(words.ready(1, 0));

  await create.prompt.fill(`${freshPrompt("a mask")} [[blocked]]`);
  await create.generate.click();
  await expect.poll(() => said(page, "polite"), { timeout: 180_000 }).toContain(words.failed(1, refused));
  expect(await said(page, "polite")).toEqual([
    words.sent(price),
    words.ready(1, 0),
    words.sent(price),
    words.failed(1, refused),
  ]);
  expect(await said(page, "assertive")).toEqual([bar.describe]);
});
