// The create page as a user finds it: by what controls are called.
import { expect, type Locator, type Page } from "@playwright/test";
import { EMULATORS } from "./fixtures";

export const DATABASE = `http://127.0.0.1:${EMULATORS.firestore}/v1/projects/demo-mediaforge/databases/(default)/documents`;

export class Create {
  readonly prompt: Locator;
  readonly generate: Locator;

  constructor(readonly page: Page) {
    this.prompt = page.getByRole("textbox", { name: /^prompt/i });
    this.generate = page.getByRole("button", { name: /^Generate\b/ });
  }

  /** A picture of this prompt, once it is drawn. */
  picture(prompt: string): Locator {
    return this.page.getByRole("main").getByAltText(prompt);
  }

  async seePicture(prompt: string, withinMs = 180_000): Promise<void> {
    const picture = this.picture(prompt).first();
    await expect(picture).toBeVisible({ timeout: withinMs });
    await expect
      .poll(() => picture.evaluate((image) => (image as HTMLImageElement).naturalWidth))
      .toBeGreaterThan(0);
  }
}

/** A prompt that no other test has. */
export function freshPrompt(what: string): string {
  return `${what} ${Math.random().toString(36).slice(2, 10)}`;
}

/** The id of who is signed in, from where Firebase keeps it. */
export async function uidOf(page: Page): Promise<string> {
  const read = () =>
    page.evaluate(
      () =>
        new Promise<string>((resolve) => {
          const opening = indexedDB.open("firebaseLocalStorageDb");
          opening.onerror = () => resolve("");
          opening.onsuccess = () => {
            const database = opening.result;
            if (!database.objectStoreNames.contains("firebaseLocalStorage")) return resolve("");
            const all = database
              .transaction("firebaseLocalStorage")
              .objectStore("firebaseLocalStorage")
              .getAll();
            all.onsuccess = () => resolve(all.result.find((row) => row.value?.uid)?.value.uid ?? "");
            all.onerror = () => resolve("");
            database.close();
          };
        }),
    );
  await expect.poll(read).not.toBe("");
  return read();
}

/** The ids of a collection's documents as the owner of the database sees them. */
async function idsIn(page: Page, collection: string): Promise<string[]> {
  const answer = await page.request.get(`${DATABASE}/${collection}?pageSize=300&mask.fieldPaths=status`, {
    headers: { Authorization: "Bearer owner" },
  });
  const { documents = [] } = (await answer.json()) as { documents?: { name: string }[] };
  return documents.map(({ name }) => name.slice(name.lastIndexOf("/") + 1));
}

/** The user's jobs of images, whatever came of them. */
export async function jobsOf(page: Page, uid: string): Promise<string[]> {
  return idsIn(page, `generations/${uid}/images`);
}

/** The jobs that credits were held for. */
export async function holdsOf(page: Page, uid: string): Promise<string[]> {
  const entries = await idsIn(page, `accounts/user_${uid}/ledger`);
  return entries.filter((id) => id.endsWith(":hold")).map((id) => id.slice(0, -":hold".length));
}
