// Calls to the backend beside the page: as its user, or as an operator.
import { expect, type Page } from "@playwright/test";
import { userOf } from "./create";
import { EMULATORS } from "./fixtures";

const FUNCTIONS = `http://127.0.0.1:${EMULATORS.functions}/demo-mediaforge/us-central1`;
const SIGN_IN = `http://127.0.0.1:${EMULATORS.auth}/identitytoolkit.googleapis.com/v1/accounts:signInWithPassword?key=any`;
/** As the suite's seed has made it. */
const OPERATOR = { email: "admin@mediaforge.test", password: "emulator", returnSecureToken: true };
const WITHIN_MS = 240_000;

interface Answer<T> {
  readonly result: T;
  readonly error?: { readonly message: string; readonly details?: { readonly reason: string } };
}

async function ask<T>(page: Page, token: string, name: string, data: object): Promise<Answer<T>> {
  const answer = await page.request.post(`${FUNCTIONS}/${name}`, {
    data: { data },
    headers: { Authorization: `Bearer ${token}` },
    timeout: WITHIN_MS,
  });
  return (await answer.json()) as Answer<T>;
}

/** Calls as who is signed in on the page. */
export async function call<T>(page: Page, name: string, data: object): Promise<T> {
  const { result, error } = await ask<T>(page, (await userOf(page)).stsTokenManager.accessToken, name, data);
  expect(error, `${name}: ${error?.message}`).toBeUndefined();
  return result;
}

/** The reason that such a call is refused with; undefined: it is not. */
export async function reasonOf(page: Page, name: string, data: object): Promise<string | undefined> {
  const { error } = await ask(page, (await userOf(page)).stsTokenManager.accessToken, name, data);
  return error?.details?.reason;
}

/** Makes the user of this page a pro with so many credits more. */
export async function promote(page: Page, amount: number): Promise<void> {
  const signedIn = await page.request.post(SIGN_IN, { data: OPERATOR });
  const { idToken } = (await signedIn.json()) as { idToken: string };
  const accountId = `user_${(await userOf(page)).uid}`;
  const asked = [
    ["grantCredits", { accountId, amount, reason: "a test", requestId: `test-${accountId}` }],
    ["controlAccount", { accountId, action: "setTier", tier: "pro" }],
  ] as const;
  for (const [name, data] of asked) {
    const { error } = await ask(page, idToken, name, data);
    expect(error, `${name}: ${error?.message}`).toBeUndefined();
  }
}
