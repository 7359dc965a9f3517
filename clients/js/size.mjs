// Prints the size of the package's own code, minified and gzipped, and fails above the limits. Firebase is not
// counted: it is the app's. The first load is what an app has before it listens or uploads.
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const LIMITS_KB = { "first load": 6, "all of it": 10 };

const { metafile, outputFiles } = await build({
  entryPoints: ["dist/index.js"],
  bundle: true,
  splitting: true,
  minify: true,
  format: "esm",
  target: "es2022",
  external: ["firebase/*"],
  outdir: "out",
  write: false,
  metafile: true,
});
const sizes = outputFiles.map(({ contents }) => gzipSync(contents, { level: 9 }).length);
const chunks = Object.values(metafile.outputs);
const names = Object.keys(metafile.outputs);

const first = new Set([chunks.findIndex(({ entryPoint }) => entryPoint === "dist/index.js")]);
for (const index of first) {
  for (const { path, kind, external } of chunks[index].imports) {
    if (kind === "import-statement" && !external) first.add(names.indexOf(path));
  }
}

const found = { "first load": [...first].map((index) => sizes[index]), "all of it": sizes };
for (const [what, limit] of Object.entries(LIMITS_KB)) {
  const kB = found[what].reduce((sum, size) => sum + size, 0) / 1000;
  console.log(`@mediaforge/client, ${what}: ${kB.toFixed(1)} kB min+gzip (limit ${limit})`);
  if (kB > limit) process.exitCode = 1;
}
