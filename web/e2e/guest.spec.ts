// A batch that is shared by a link: what its guest may do, and that nothing stays when it is over.
import { runWords as words } from "@/words/batches";
import { session } from "@/words/en";
import { inviteWords } from "@/words/invite";
import { reasonOf } from "./backend";
import { Run, submit } from "./batches";
import { freshPrompt } from "./create";
import { expect, signedIn, signIn, test } from "./fixtures";

test("a guest reads and comments, controls nothing, and sees nothing once it is unshared", async ({
  page,
  browser,
  watched,
}) => {
  await signedIn(page);
  // The name of a made-up user comes a moment after the sign-in.
  await expect(page.getByRole("button", { name: /^Account of Guest \d+$/ })).toBeVisible();
  const prompt = freshPrompt("a harbour");
  const id = await submit(page, "Autumn posters", [prompt]);
  const owner = new Run(page);
  await owner.open(id);
  await owner.button(words.share).click();
  const sharing = page.getByRole("dialog", { name: words.shareTitle });
  await sharing.getByRole("button", { name: inviteWords.makeLink }).click();
  const link = sharing.getByRole("textbox", { name: inviteWords.link });
  await expect(link).toHaveValue(new RegExp(`/batch\\?id=${id}#`));
  const address = await link.inputValue();

  // Signed out, the sign-in stands in the batch's place; then the batch is there at the same address.
  const context = await browser.newContext();
  context.on("weberror", (error) => watched.thrown.push(String(error.error())));
  const other = await context.newPage();
  await other.goto(address);
  await expect(other.getByRole("heading", { name: session.title })).toBeVisible();
  await expect(other.getByText("Autumn posters")).toHaveCount(0);
  await signIn(other);
  const guest = new Run(other);
  await expect(guest.rows).toHaveCount(1);
  expect(other.url()).toBe(address.slice(0, address.indexOf("#"))); // the code is used, and gone
  await expect(other.getByText(/^Guest \d+ shared this with you\. You may comment\.$/)).toBeVisible();
  await expect(other.getByRole("main").locator("img").first()).toBeVisible({ timeout: 180_000 });
  await guest.says(words.completed(1, 0, 2, 0));
  for (const name of [words.cancel, words.export, words.share, words.pause])
    await expect(guest.button(name)).toHaveCount(0);
  await expect(other.getByRole("link", { name: words.copy })).toHaveCount(0);
  expect(await reasonOf(other, "controlBatch", { batchId: id, action: "cancel" })).toBe("not-owner");

  const text = freshPrompt("The fog is better here");
  await guest.comments.getByRole("textbox").fill(text);
  await guest.comments.getByRole("button", { name: words.send }).click();
  await expect(guest.comments.getByRole("paragraph").filter({ hasText: text })).toBeVisible();
  await guest.row(1).click();
  const panel = other.getByRole("dialog", { name: words.row(1) });
  await expect(panel.getByRole("link", { name: words.useAgain })).toBeVisible();
  await expect(panel.getByRole("button", { name: words.edit })).toHaveCount(0);
  await other.keyboard.press("Escape");

  // The owner reads it, and ends the share while the guest looks on.
  await page.reload();
  await expect(owner.comments.getByRole("paragraph").filter({ hasText: text })).toBeVisible();
  await owner.button(words.share).click();
  const readers = sharing.getByRole("region", { name: words.people });
  await readers.getByRole("button", { name: words.end }).click();
  await expect(readers.getByText(words.nobody)).toBeVisible();
  const ended = Date.now();
  await expect(other.getByText(words.locked)).toBeVisible();
  test.info().annotations.push({ type: "ms until it is gone", description: String(Date.now() - ended) });
  const left = other.getByRole("main");
  await expect(left.getByText("Autumn posters")).toHaveCount(0);
  await expect(left.getByText(text)).toHaveCount(0);
  await expect(left.locator("img")).toHaveCount(0);

  // Its link was for once, and its address shows as much as one of no batch.
  await other.goto(address);
  await expect(other.getByText(words.locked)).toBeVisible();
  await context.close();
});
