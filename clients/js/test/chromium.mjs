// Opens the page in a Chromium and prints what it saw, as JSON. Ends with 77 where there is no Chromium.
import { createServer } from "node:http";
import { build } from "esbuild";
import { chromium } from "playwright-core";

const NONE = 77;
const KNOWN = ["chromium-headless-shell", "chromium", "google-chrome"].map((name) => `/usr/bin/${name}`);

async function opened() {
  const said = [];
  const chosen = process.env.CHROMIUM ? [process.env.CHROMIUM] : [undefined, ...KNOWN];
  for (const executablePath of chosen) {
    try {
      return await chromium.launch(executablePath ? { executablePath } : {});
    } catch (error) {
      said.push(error.message.split("\n")[0]);
    }
  }
  console.error(
    `there is no Chromium: name one in CHROMIUM, or install chromium-headless-shell (${said.join("; ")})`,
  );
  return process.exit(NONE);
}

const browser = await opened();
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
