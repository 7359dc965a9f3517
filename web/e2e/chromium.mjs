// Finds a Chromium or gets one, and prints it as JSON: {"executablePath": …, "env": …}. Ends with 77 and one line
// where there is none. Nothing outside this checkout is changed: what is fetched lies in `.local/chromium`.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { chromium } from "@playwright/test";

const NONE = 77;
const PACKED = "@sparticuz/chromium@143.0.4"; // the newest for Node.js 20; it plays H.264
const HOME = path.join(import.meta.dirname, "..", "..", ".local", "chromium");
const INSTALLED = ["chromium-headless-shell", "chromium", "google-chrome"].map((name) => `/usr/bin/${name}`);
const run = promisify(execFile);

/** What it says about itself is no proof: it is one if it starts. */
async function starts(found) {
  const env = { ...process.env, ...found.env };
  const browser = await chromium.launch({ ...found, env, timeout: 60_000 });
  await browser.close();
  return found;
}

async function unpacked() {
  if (process.platform !== "linux" || process.arch !== "x64") throw new Error("no package for this machine");
  const executablePath = path.join(HOME, "chromium");
  if (!existsSync(executablePath)) await unpack();
  return starts({ executablePath }).catch(() =>
    // The machine lacks libraries or fonts, and the package has them.
    starts({
      executablePath,
      env: {
        LD_LIBRARY_PATH: path.join(HOME, "al2023", "lib"),
        FONTCONFIG_PATH: path.join(HOME, "fonts"),
      },
    }),
  );
}

async function unpack() {
  mkdirSync(HOME, { recursive: true });
  writeFileSync(path.join(HOME, "package.json"), '{"private": true, "type": "module"}\n');
  await run("npm", ["install", "--save-exact", "--ignore-scripts", "--no-audit", "--no-fund", PACKED], {
    cwd: HOME,
  });
  const code = 'import chromium from "@sparticuz/chromium"; await chromium.executablePath();';
  // It unpacks into the temporary folder, and its libraries only where it believes to be at its maker's host.
  const told = { TMPDIR: HOME, AWS_EXECUTION_ENV: "AWS_Lambda_nodejs20.x" };
  await run("node", ["--input-type=module", "--eval", code], { cwd: HOME, env: { ...process.env, ...told } });
}

async function downloaded() {
  await run("npx", ["playwright", "install", "chromium", "--only-shell"], {
    cwd: path.join(HOME, "..", "..", "web"),
  });
  return starts({});
}

const ways = process.env.CHROMIUM
  ? [() => starts({ executablePath: process.env.CHROMIUM })]
  : [
      () => starts({}),
      ...INSTALLED.filter(existsSync).map((executablePath) => () => starts({ executablePath })),
      unpacked,
      downloaded,
    ];
const said = [];
for (const way of ways) {
  try {
    console.log(JSON.stringify(await way()));
    process.exit(0);
  } catch (error) {
    said.push(error.message.trim().split("\n")[0]);
  }
}
const advice = "name one in CHROMIUM, or install chromium-headless-shell";
console.error(`there is no Chromium, and none could be had: ${advice} (${said.join("; ")})`);
process.exit(NONE);
