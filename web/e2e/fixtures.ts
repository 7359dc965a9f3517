import { test as base, expect, type Page } from "@playwright/test";
import { session } from "@/words/en";

export { expect };

/** Where the emulators are, by their names in firebase.json. */
export const EMULATORS = JSON.parse(
  process.env.EMULATORS ?? '{"auth": 9099, "functions": 5001, "firestore": 8080, "storage": 9199}',
) as Record<"auth" | "functions" | "firestore" | "storage", number>;

// Firestore asks for this picture when its line is lost, to learn whether any is. The policy stops it, and Firestore
// does without.
const PROBE = "https://www.google.com/images/cleardot.gif";
const HOSTS = Object.values(EMULATORS).map((port) => `127.0.0.1:${port}`);

/** What a page must not do, as it is seen from outside. */
export interface Watched {
  /** Requests to hosts that are neither the studio's nor the emulators'. */
  readonly foreign: string[];
  /** What the Content-Security-Policy has stopped. */
  readonly stopped: string[];
  /** Errors that nothing caught. */
  readonly thrown: string[];
}

export const test = base.extend<{ watched: Watched }>({
  watched: [
    async ({ context, baseURL }, use) => {
      const watched: Watched = { foreign: [], stopped: [], thrown: [] };
      const ours = [...HOSTS, new URL(baseURL ?? "").host];
      context.on("request", (request) => {
        if (request.url().startsWith(PROBE)) return;
        const { protocol, host } = new URL(request.url());
        if (/^(https?|wss?):$/.test(protocol) && !ours.includes(host)) watched.foreign.push(request.url());
      });
      context.on("console", (message) => {
        const text = message.text();
        const isStopped = message.type() === "error" && /Content Security Policy/.test(text);
        if (isStopped && !text.includes(PROBE)) watched.stopped.push(text);
      });
      context.on("weberror", (error) => watched.thrown.push(String(error.error())));
      await use(watched);
      // Whatever a test was about: no page asks anybody else, is stopped by its policy, or breaks.
      expect.soft(watched).toEqual({ foreign: [], stopped: [], thrown: [] });
    },
    { auto: true },
  ],
});

/** Signs in with one click. `another` is a user nobody has seen before; the others are the seed's. */
export async function signIn(page: Page, who: "another" | "demo" | "admin" = "another"): Promise<void> {
  await page.getByRole("button", { name: session[who] }).click();
  await expect(page.getByRole("button", { name: session[who] })).toBeHidden();
}

/** A page of a fresh user who is signed in, at this address. */
export async function signedIn(page: Page, address = "/signin"): Promise<void> {
  await page.goto("/signin");
  await signIn(page);
  if (address !== "/signin") await page.goto(address);
}
