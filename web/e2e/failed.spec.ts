import { charged, job } from "@/words/en";
import { Create, freshPrompt } from "./create";
import { expect, signedIn, test } from "./fixtures";

/** What the built-in renderer is told by a tag in the prompt, and what the tile then says and offers. */
const CASES = [
  { tag: "[[fail:permanent]]", says: charged(0), offers: job.edit },
  { tag: "[[blocked]]", says: charged(0), offers: job.edit },
  { tag: "[[fail:always]]", says: charged(0), offers: job.retry },
];

for (const { tag, says, offers } of CASES) {
  test(`${tag} says why and what it cost, and offers "${offers}"`, async ({ page }) => {
    await signedIn(page, "/");
    const create = new Create(page);
    const prompt = `${freshPrompt("a barn")} ${tag}`;
    await create.prompt.fill(prompt);
    await create.generate.click();
    const main = page.getByRole("main");
    await expect(main.getByText(says).first()).toBeVisible({ timeout: 200_000 });
    await main.getByRole("button", { name: offers }).first().click();
    if (offers === job.edit) {
      await expect(create.prompt).toBeFocused();
      const mended = freshPrompt("a barn, mended");
      await create.prompt.fill(mended);
      await create.generate.click();
      await create.seePicture(mended);
    } else {
      await expect(main.getByText(says)).toBeHidden();
    }
  });
}

test("[[fail:transient:2]] is tried again by itself and is a picture in the end", async ({ page }) => {
  await signedIn(page, "/");
  const create = new Create(page);
  const prompt = `${freshPrompt("a mill")} [[fail:transient:2]]`;
  await create.prompt.fill(prompt);
  await create.generate.click();
  await create.seePicture(prompt, 200_000);
});
