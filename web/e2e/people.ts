// Several people in one test, each in a browser of their own, and files as they choose them.
import { crc32, deflateSync } from "node:zlib";
import type { Browser, Locator, Page } from "@playwright/test";
import { shell } from "@/words/en";
import { DATABASE } from "./create";
import { EMULATORS, expect, signedIn } from "./fixtures";

const STORAGE = `http://127.0.0.1:${EMULATORS.storage}/v0/b/demo-mediaforge.appspot.com/o`;
const OWNER = { Authorization: "Bearer owner" };

export interface Person {
  readonly page: Page;
  /** As the page calls them. */
  readonly name: string;
}

/** Somebody new, signed in at this address. */
export async function somebody(
  browser: Browser,
  baseURL: string | undefined,
  address: string,
): Promise<Person> {
  const context = await browser.newContext({
    ...(baseURL && { baseURL }),
    locale: "en-GB",
    viewport: { width: 1280, height: 800 },
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  await signedIn(page, address);
  return { page, name: await nameOn(page) };
}

/** What the page calls who is signed in. */
export async function nameOn(page: Page): Promise<string> {
  const button = page.getByRole("button", { name: new RegExp(`^${shell.account("")}`) }).first();
  const label = (await button.getAttribute("aria-label")) ?? "";
  return label.slice(shell.account("").length);
}

/** A plain picture as a file that somebody chooses. Each number is another picture. */
export function pictureFile(number: number) {
  const side = 64;
  const row = Buffer.concat([
    Buffer.from([0]),
    Buffer.alloc(side * 3, Buffer.from([(number * 53) % 256, (number * 101) % 256, (number * 197) % 256])),
  ]);
  const head = Buffer.alloc(13);
  head.writeUInt32BE(side, 0);
  head.writeUInt32BE(side, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const pixels = deflateSync(Buffer.concat(Array.from({ length: side }, () => row)));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const buffer = Buffer.concat([
    signature,
    chunk("IHDR", head),
    chunk("IDAT", pixels),
    chunk("IEND", Buffer.alloc(0)),
  ]);
  return { name: `picture-${number}.png`, mimeType: "image/png", buffer };
}

function chunk(type: string, content: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, "latin1"), content]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}

/** Chooses these pictures where the part of the page offers an upload. */
export async function choose(within: Locator, ...numbers: number[]): Promise<void> {
  await within.locator("input[type=file]").first().setInputFiles(numbers.map(pictureFile));
}

/** Chooses one of a chip's menu. */
export async function pick(page: Page, chip: string, option: string): Promise<void> {
  await page.getByRole("button", { name: new RegExp(`^${chip}:`) }).click();
  await page.getByRole("menuitemradio", { name: option }).click();
}

/** Has a team, or a user, pay from now on. */
export async function letPay(page: Page, name: string): Promise<void> {
  await pick(page, shell.pays, name);
}

/** A field of a document as the owner of the database sees it. */
export async function fieldOf(page: Page, path: string, field: string): Promise<unknown> {
  const answer = await page.request.get(`${DATABASE}/${path}`, { headers: OWNER });
  const { fields = {} } = (await answer.json()) as { fields?: Record<string, Record<string, unknown>> };
  return Object.values(fields[field] ?? {})[0];
}

/** The paths of the user's uploads, in the order of their documents. */
export async function uploadsOf(page: Page, uid: string): Promise<string[]> {
  const answer = await page.request.get(`${DATABASE}/references/${uid}/files`, { headers: OWNER });
  const { documents = [] } = (await answer.json()) as {
    documents?: { fields: { path: { stringValue: string } } }[];
  };
  return documents.map(({ fields }) => fields.path.stringValue);
}

/** Deletes a file past the page, and waits until the backend has noticed. */
export async function deleteFile(page: Page, uid: string, path: string): Promise<void> {
  const answer = await page.request.delete(`${STORAGE}/${encodeURIComponent(path)}`, { headers: OWNER });
  expect(answer.ok(), await answer.text()).toBe(true);
  await expect.poll(() => uploadsOf(page, uid)).not.toContain(path);
}

/** As `tools/seed.py` makes it. */
const ADMIN = { email: "admin@mediaforge.test", password: "emulator", returnSecureToken: true };
const SIGN_IN = `http://127.0.0.1:${EMULATORS.auth}/identitytoolkit.googleapis.com/v1/accounts:signInWithPassword?key=any`;
export const FUNCTIONS = `http://127.0.0.1:${EMULATORS.functions}/demo-mediaforge/us-central1`;

/** Gives an account credits, whoever's it is. */
export async function grant(page: Page, accountId: string, amount: number): Promise<void> {
  const signedIn = await page.request.post(SIGN_IN, { data: ADMIN });
  const { idToken } = (await signedIn.json()) as { idToken: string };
  const answer = await page.request.post(`${FUNCTIONS}/grantCredits`, {
    headers: { Authorization: `Bearer ${idToken}` },
    data: { data: { accountId, amount, reason: "a test", requestId: `test ${accountId}` } },
  });
  expect(answer.status(), await answer.text()).toBe(200);
}
