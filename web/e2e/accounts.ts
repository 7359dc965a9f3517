// What an administrator does for a test's user, through the callables, and what the user's books say.
import type { Page } from "@playwright/test";
import { DATABASE, uidOf } from "./create";
import { EMULATORS, expect } from "./fixtures";

/** As `tools/seed.py` makes it. */
const ADMIN = { email: "admin@mediaforge.test", password: "emulator", returnSecureToken: true };
const ACCOUNTS = `http://127.0.0.1:${EMULATORS.auth}/identitytoolkit.googleapis.com/v1/accounts`;
const FUNCTIONS = `http://127.0.0.1:${EMULATORS.functions}/demo-mediaforge/us-central1`;

async function control(page: Page, fields: Record<string, unknown>): Promise<void> {
  const signedIn = await page.request.post(`${ACCOUNTS}:signInWithPassword?key=any`, { data: ADMIN });
  const { idToken } = (await signedIn.json()) as { idToken: string };
  const answer = await page.request.post(`${FUNCTIONS}/controlAccount`, {
    headers: { Authorization: `Bearer ${idToken}` },
    data: { data: { accountId: `user_${await uidOf(page)}`, ...fields } },
  });
  expect(answer.status(), await answer.text()).toBe(200);
}

export async function setTier(page: Page, tier: string): Promise<void> {
  await control(page, { action: "setTier", tier });
}

/** Gives credits, or takes them. */
export async function adjust(page: Page, amount: number): Promise<void> {
  await control(page, { action: "adjust", amount, reason: "a test", requestId: `test ${Math.random()}` });
}

/** `available` and `held` of the user's account; undefined: there is none yet. */
export async function balanceOf(page: Page): Promise<{ available: number; held: number } | undefined> {
  const answer = await page.request.get(`${DATABASE}/accounts/user_${await uidOf(page)}`, {
    headers: { Authorization: "Bearer owner" },
  });
  if (!answer.ok()) return undefined;
  const { fields } = (await answer.json()) as { fields: Record<string, { integerValue?: string }> };
  return { available: Number(fields.available?.integerValue), held: Number(fields.held?.integerValue) };
}

/** Changes fields of a document as the owner of the database: what a test cannot wait for or bring about. */
export async function patch(page: Page, path: string, fields: Record<string, unknown>): Promise<void> {
  const mask = Object.keys(fields).map((field) => `updateMask.fieldPaths=${field}`);
  const answer = await page.request.patch(`${DATABASE}/${path}?${mask.join("&")}`, {
    headers: { Authorization: "Bearer owner" },
    data: { fields },
  });
  expect(answer.ok(), await answer.text()).toBe(true);
}
