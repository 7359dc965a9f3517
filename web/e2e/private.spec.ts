import { app } from "@/words/en";
import { Create, freshPrompt } from "./create";
import { expect, signedIn, test } from "./fixtures";

test("where the browser keeps nothing, a picture is made all the same and nothing breaks", async ({
  page,
}) => {
  await page.addInitScript(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException("not here", "SecurityError");
    };
  });
  await signedIn(page, "/");
  const create = new Create(page);
  const prompt = freshPrompt("a tern");
  await create.prompt.fill(prompt);
  await create.generate.click();
  await create.seePicture(prompt);
  await page.reload();
  await create.seePicture(prompt);
  await expect(page.getByText(app.unreachable)).toBeHidden();
});
