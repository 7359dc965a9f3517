// What a bundler makes of an app: neither Firestore nor Storage is in what it loads first.
import assert from "node:assert/strict";
import { test } from "node:test";
import { build } from "esbuild";

async function inputs(code) {
  const { metafile } = await build({
    stdin: { contents: code, resolveDir: process.cwd() },
    bundle: true,
    splitting: true,
    format: "esm",
    outdir: "out",
    write: false,
    metafile: true,
  });
  const { outputs } = metafile;
  const first = new Set(Object.keys(outputs).filter((name) => outputs[name].entryPoint === "<stdin>"));
  for (const name of first) {
    for (const { path, kind } of outputs[name].imports) if (kind === "import-statement") first.add(path);
  }
  const of = (names) => names.flatMap((name) => Object.keys(outputs[name].inputs)).join("\n");
  return { first: of([...first]), all: of(Object.keys(outputs)) };
}

test("Firestore and Storage are no part of the first load", async () => {
  const code = 'import { MediaForge } from "@mediaforge/client"; globalThis.mf = MediaForge;';
  const { first, all } = await inputs(code);
  assert.match(first, /@firebase\/functions/);
  for (const late of [/@firebase\/firestore/, /@firebase\/storage/]) {
    assert.match(all, late);
    assert.doesNotMatch(first, late);
  }
});

test("an app that uses the errors alone loads no SDK", async () => {
  const code = 'import { MediaForgeError } from "@mediaforge/client"; globalThis.error = MediaForgeError;';
  assert.doesNotMatch((await inputs(code)).first, /@firebase/);
});
