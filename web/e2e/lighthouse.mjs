// Lighthouse of the built studio, three times a page, and the median of each score: `npm run lighthouse` while
// `make run` runs, or with STUDIO_URL. It fails below 95. Lighthouse's own preset: a phone on slow 4G, four times slower
// than a machine of INDEX. What this machine is, its benchmark says in a run before those that count, and the phone is
// made as slow by that: https://github.com/GoogleChrome/lighthouse/blob/main/docs/throttling.md
// Hosting's emulator compresses what it serves, as Hosting does.
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const URL_ = process.env.STUDIO_URL ?? "http://127.0.0.1:5000";
const PAGES = ["/", "/library"];
const CATEGORIES = ["performance", "accessibility", "best-practices"];
const METRICS = ["largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift"];
const RUNS = 3;
/** The middle of Lighthouse's class "high-end desktop", and how much slower its phone is than that. */
const INDEX = 1750;
const SLOWDOWN = 4;
const LEAST = 95;
const HERE = import.meta.dirname;
const CLI = path.join(HERE, "..", "node_modules", "lighthouse", "cli", "index.js");
const run = promisify(execFile);

const { executablePath, env } = JSON.parse(
  execFileSync("node", [path.join(HERE, "chromium.mjs")], { encoding: "utf8" }),
);
const folder = mkdtempSync(path.join(tmpdir(), "mediaforge-lighthouse-"));

async function measured(page, number, slowdown = SLOWDOWN) {
  const file = path.join(folder, `${number}.json`);
  const options = [
    "--chrome-flags=--headless --no-sandbox",
    `--only-categories=${CATEGORIES}`,
    `--throttling.cpuSlowdownMultiplier=${slowdown}`,
    "--output=json",
    `--output-path=${file}`,
    "--quiet",
  ];
  const found = executablePath ? { CHROME_PATH: executablePath } : {};
  await run("node", [CLI, `${URL_}${page}`, ...options], { env: { ...process.env, ...env, ...found } });
  return JSON.parse(readFileSync(file, "utf8"));
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

try {
  for (const page of PAGES) {
    // The functions' processes are started by it, too.
    const first = (await measured(page, 0)).environment.benchmarkIndex;
    const slowdown = Math.max(1, (SLOWDOWN * first) / INDEX).toFixed(1);
    const reports = [];
    for (let number = 1; number <= RUNS; number += 1) reports.push(await measured(page, number, slowdown));
    const of = (read) => median(reports.map(read));
    const scores = CATEGORIES.map((name) => [
      name,
      Math.round(100 * of((report) => report.categories[name].score)),
    ]);
    const metrics = METRICS.map(
      (name) => `${name} ${of((report) => report.audits[name].numericValue).toFixed(2)}`,
    );
    const index = of((report) => report.environment.benchmarkIndex);
    console.log(
      `${page}: ${scores.map((score) => score.join(" ")).join(", ")} (benchmarkIndex ${Math.round(index)}, slowed ${slowdown} times)`,
    );
    console.log(`  ${metrics.join(", ")}`);
    for (const [name, score] of scores) {
      if (score >= LEAST) continue;
      process.exitCode = 1;
      const audits = reports[0].categories[name].auditRefs.map(({ id }) => reports[0].audits[id]);
      const wrong = audits.filter((audit) => audit.score !== null && audit.score < 0.9);
      console.log(`  below ${LEAST}, ${name}: ${wrong.map(({ title }) => title).join("; ")}`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
