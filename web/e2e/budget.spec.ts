// What a page's HTML asks for at once, as it is sent compressed. Measured on the files: the emulator compresses
// nothing.
import { readFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "@playwright/test";
import { fileOf, OUT, ROUTES } from "./routes";

// The create page is what a newcomer opens first; on any other page most of these files are kept already.
const LIMIT_KB = 200;
const LIMIT_ELSEWHERE_KB = 240;
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

test("the create page's first scripts are at most 200 kB, any other page's 240", () => {
  const sizes = Object.fromEntries(ROUTES.map((route) => [route, Number(firstLoad(route).toFixed(1))]));
  test.info().annotations.push({ type: "kB of script", description: JSON.stringify(sizes) });
  const limit = (route: string) => (route === "/" ? LIMIT_KB : LIMIT_ELSEWHERE_KB);
  expect(Object.entries(sizes).filter(([route, kB]) => kB > limit(route))).toEqual([]);
});

test("no page carries a script in itself", () => {
  for (const route of ROUTES) {
    expect.soft(readFileSync(fileOf(route), "utf8"), route).not.toMatch(/<script(?![^>]*\ssrc=)[^>]*>/);
  }
});
