// Opens the page in a Chromium and prints what it saw, as JSON. `CHROMIUM_FOUND` has Playwright's launch options.
import { createServer } from "node:http";
import { build } from "esbuild";
import { chromium } from "playwright-core";

const found = JSON.parse(process.env.CHROMIUM_FOUND);
const browser = await chromium.launch({ ...found, env: { ...process.env, ...found.env } });
const { outputFiles } = await build({
  entryPoints: ["page.mjs"],
  bundle: true,
  splitting: true,
  format: "esm",
  outdir: "/",
  write: false,
});
const files = new Map(outputFiles.map(({ path, contents }) => [path, contents]));
const server = createServer(({ url }, response) => {
  const code = files.get(url);
  response.setHeader("Content-Type", code ? "text/javascript" : "text/html");
  response.end(
    code ?? '<!doctype html><title>MediaForge</title><script type="module" src="/page.js"></script>',
  );
});
try {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const page = await browser.newPage();
  page.on("pageerror", (error) => console.error(error));
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.waitForFunction(() => "run" in globalThis);
  const settings = { emulators: JSON.parse(process.env.EMULATORS), bucket: process.env.BUCKET };
  console.log(JSON.stringify(await page.evaluate((given) => globalThis.run(given), settings)));
} finally {
  await browser.close();
  server.close();
}
