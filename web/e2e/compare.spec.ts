import type { Page } from "@playwright/test";
import { compare as words } from "@/words/compare";
import { EMULATORS, expect, signedIn, test } from "./fixtures";
import { addressOf, type Copy, fill, makeOne, text } from "./library";

const FUNCTIONS = `http://127.0.0.1:${EMULATORS.functions}/demo-mediaforge/us-central1`;

/** Calls the backend as the user of this page does; the page is left at the library. */
async function callingAs(page: Page) {
  const search = page.waitForRequest((request) => request.url().endsWith("/searchGenerations"));
  await page.goto("/library");
  const { authorization = "" } = await (await search).allHeaders();
  return async (name: string, data: object) => {
    const answer = await page.request.post(`${FUNCTIONS}/${name}`, {
      headers: { authorization },
      data: { data },
    });
    expect(answer.ok(), await answer.text()).toBe(true);
    return ((await answer.json()) as { result: Record<string, string> }).result;
  };
}

test("what differs is marked, a vote is kept, and another member of the team sees the count", async ({
  page,
  browser,
}) => {
  await signedIn(page, "/");
  const original = await makeOne(page);
  const other = await (await browser.newContext()).newPage();
  await signedIn(other);

  const call = await callingAs(page);
  const { teamId = "" } = await call("createTeam", { name: "Harbour" });
  const { code } = await call("controlTeam", { teamId, action: "invite", role: "viewer" });
  await (await callingAs(other))("controlTeam", { teamId, action: "accept", code });
  const ofTeam = { team_id: text(teamId), account_id: text(`team_${teamId}`) };
  const copy = (id: string, prompt: string, fields: Copy["fields"] = {}): Copy => ({
    id: `${original.id.slice(0, 12)}${id}`,
    prompt,
    createdAt: Date.now(),
    fields: { ...ofTeam, ...fields },
  });
  const left = copy("left", "a lighthouse in ink tonight");
  const right = copy("right", "a lighthouse in oil tonight", { model: text("bench") });
  await fill(page, original, [left, right]);

  await page.goto(`/compare?l=${addressOf(original, left)}&r=${addressOf(original, right)}&mode=side`);
  await expect(page.getByRole("heading", { name: words.differ(2) })).toBeVisible();
  const prompts = page.getByRole("row", { name: words.names.prompt });
  await expect(prompts.locator("del")).toHaveText(["ink"]);
  await expect(prompts.locator("ins")).toHaveText(["oil"]);
  await expect(page.getByText(words.noVotes)).toBeVisible();
  await page.getByRole("button", { name: words.better.left }).click();
  await expect(page.getByText(words.votes({ left: 1, tie: 0, right: 0 }))).toBeVisible();
  await expect(page).toHaveURL(/[?&]id=/);

  await page.reload();
  await expect(page.getByText(words.votes({ left: 1, tie: 0, right: 0 }))).toBeVisible();
  await expect(page.getByRole("button", { name: words.better.left })).toHaveAttribute("aria-pressed", "true");

  await other.goto(page.url());
  await expect(other.getByText(words.votes({ left: 1, tie: 0, right: 0 }))).toBeVisible();
  await expect(other.locator("del")).toHaveText(["ink", /.+/]);
  await other.getByRole("button", { name: words.better.right }).click();
  const both = words.votes({ left: 1, tie: 0, right: 1 });
  await expect(other.getByText(both)).toBeVisible();
  await expect(page.getByText(both)).toBeVisible(); // without a reload
});
