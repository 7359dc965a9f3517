import { session, shell } from "@/words/en";
import { Create, freshPrompt } from "./create";
import { expect, test } from "./fixtures";

const LIMIT_S = 30;

test("a newcomer signs in with one click, types a prompt and sees a picture", { tag: "@alone" }, async ({
  page,
}) => {
  const create = new Create(page);
  const prompt = freshPrompt("a lighthouse at dusk");
  const began = Date.now();

  await page.goto("/");
  await page.getByRole("button", { name: shell.signIn }).first().click();
  await page.getByRole("button", { name: session.another }).click();
  await create.prompt.fill(prompt);
  await create.prompt.press("Enter");
  await create.seePicture(prompt);

  const seconds = (Date.now() - began) / 1000;
  test.info().annotations.push({ type: "seconds", description: seconds.toFixed(1) });
  expect(seconds).toBeLessThan(LIMIT_S);
});
