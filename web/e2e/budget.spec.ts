// What a page's HTML asks for at once, as it is sent compressed. Measured on the files: gzip is what every browser
// takes, and Hosting may send less.
import { readFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "@playwright/test";
import { fileOf, OUT, ROUTES } from "./routes";

// In kB. The create page is what a newcomer opens first; these have much to show, and any other page has less.
const LIMITS: Readonly<Record<string, number>> = {
  "/": 200,
  "/library": 190,
  "/batches": 190,
  "/batches/new": 190,
  "/batch": 190,
  "/view": 180,
  "/compare": 180,
};
const LIMIT_ELSEWHERE = 185;
const SCRIPT = /<script\b[^>]*\ssrc="([^"]+)"[^>]*>|<link\b[^>]*\shref="([^"]+\.js)"[^>]*>/g;

/** The gzipped scripts that a browser of today loads with this page, in kB. */
function firstLoad(route: string): number {
  const tags = readFileSync(fileOf(route), "utf8").matchAll(SCRIPT);
  const wanted = [...tags]
    .filter(([tag]) => !/nomodule/i.test(tag))
    .map(([, src, href]) => src ?? href ?? "");
  const sizes = [...new Set(wanted)].map(
    (src) => gzipSync(readFileSync(path.join(OUT, src)), { level: 9 }).length,
  );
  return sizes.reduce((sum, size) => sum + size, 0) / 1000;
}

test("no page's first scripts are larger than its budget", () => {
  const sizes = Object.fromEntries(ROUTES.map((route) => [route, Number(firstLoad(route).toFixed(1))]));
  test.info().annotations.push({ type: "kB of script", description: JSON.stringify(sizes) });
  expect(Object.keys(sizes)).toEqual(expect.arrayContaining(Object.keys(LIMITS)));
  const isOver = ([route, kB]: [string, number]) => kB > (LIMITS[route] ?? LIMIT_ELSEWHERE);
  expect(Object.entries(sizes).filter(isOver)).toEqual([]);
});

test("no page carries a script in itself", () => {
  for (const route of ROUTES) {
    expect.soft(readFileSync(fileOf(route), "utf8"), route).not.toMatch(/<script(?![^>]*\ssrc=)[^>]*>/);
  }
});
