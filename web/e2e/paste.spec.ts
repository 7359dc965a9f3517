import { editorWords } from "@/words/batches";
import { create as words } from "@/words/create";
import { app } from "@/words/en";
import { Create } from "./create";
import { expect, signedIn, test } from "./fixtures";
import { paste } from "./pictures";

test("lines that are pasted into the prompt are rows of a batch; what stood there can be had back", async ({
  page,
}) => {
  await signedIn(page, "/");
  const create = new Create(page);
  const cell = (text: string) => page.getByRole("gridcell", { name: text });
  await create.prompt.focus();
  await paste(create.prompt, "One line\n");
  await expect(page.getByText(words.rowsKept)).toBeHidden();

  await paste(create.prompt, "A lighthouse\n\nA harbour, in fog\nAn owl\n");
  await page.getByRole("link", { name: words.rows(3) }).click();
  await expect(page).toHaveURL(/\/batches\/new$/);
  for (const text of ["A harbour, in fog", "An owl"]) await expect(cell(text)).toBeVisible();
  // The cell that has the cursor is a field.
  await expect(page.getByRole("grid").locator("input, textarea").first()).toHaveValue("A lighthouse");
  // Taken once: the draft is what a reload shows.
  await page.reload();
  await expect(cell("An owl")).toHaveCount(1);

  await page.goto("/");
  await create.prompt.focus();
  await paste(create.prompt, "A fox\nA heron");
  await page.getByRole("link", { name: words.rows(2) }).click();
  await expect(cell("A heron")).toBeVisible();
  await expect(cell("An owl")).toBeHidden();
  const toast = page.locator("li").filter({ hasText: editorWords.replaced });
  await toast.getByRole("button", { name: app.undo }).click();
  await expect(cell("An owl")).toBeVisible();
  await expect(cell("A heron")).toBeHidden();
});
