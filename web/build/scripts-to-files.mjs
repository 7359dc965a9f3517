// Moves each inline script of the export into a file named by its hash, in place, so that one fixed
// `script-src 'self'` holds for every page: an exported page carries its data as inline scripts, and their
// hashes change with every build. Run after `next build`; run again, it finds nothing to move.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

const OUT = path.join(import.meta.dirname, "..", "out");
// Below what is served as immutable: see firebase.json.
const FOLDER = "_next/static/inline";
const SCRIPT = /<script((?:\s[^>]*)?)>([\s\S]*?)<\/script>/g;
// What is data to the browser, such as JSON-LD, is not run, and no policy minds it.
const IS_RUN = /^(?:|module|text\/javascript|application\/javascript)$/;

const attribute = (attributes, name) =>
  new RegExp(`\\s${name}(?:="([^"]*)"|(?=[\\s>]|$))`, "i").exec(`${attributes} `);

function moved(whole, attributes, code) {
  const type = attribute(attributes, "type")?.[1] ?? "";
  if (attribute(attributes, "src") || !IS_RUN.test(type) || !code.trim()) return whole;
  const name = `${createHash("sha256").update(code).digest("hex").slice(0, 16)}.js`;
  writeFileSync(path.join(OUT, FOLDER, name), code);
  return `<script${attributes} src="/${FOLDER}/${name}"></script>`;
}

mkdirSync(path.join(OUT, FOLDER), { recursive: true });
const pages = readdirSync(OUT, { recursive: true }).filter((name) => name.endsWith(".html"));
for (const page of pages) {
  const file = path.join(OUT, page);
  writeFileSync(file, readFileSync(file, "utf8").replace(SCRIPT, moved));
}
const files = readdirSync(path.join(OUT, FOLDER)).length;
console.log(`${files} inline scripts of ${pages.length} pages are files now`);
