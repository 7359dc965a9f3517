import { tmpdir } from "node:os";
import path from "node:path";
import { defineConfig } from "@playwright/test";

/** As e2e/chromium.mjs prints it. */
const browser = JSON.parse(process.env.CHROMIUM_FOUND ?? "{}") as {
  executablePath?: string;
  env?: Record<string, string>;
};

export default defineConfig({
  testDir: ".",
  outputDir: path.join(tmpdir(), `mediaforge-e2e-${process.pid}`),
  // The emulators are one for all, and share the machine with the browser. A test that is tagged @alone
  // measures times: `make test` runs those by themselves afterwards, and all others two at a time.
  workers: 1,
  fullyParallel: true,
  retries: 0,
  // For a busy machine: what has to be quick says so itself.
  timeout: 600_000,
  expect: { timeout: 90_000 },
  reporter: [["json"]],
  use: {
    // Also of requests past the page, and of waiting for one of its own: a function's first start is among them.
    actionTimeout: 120_000,
    baseURL: process.env.STUDIO_URL ?? "http://127.0.0.1:5000",
    launchOptions: { ...browser, env: { ...process.env, ...browser.env } as Record<string, string> },
    locale: "en-GB",
    viewport: { width: 1280, height: 800 },
    screenshot: "only-on-failure",
    contextOptions: { reducedMotion: "reduce" },
  },
});
