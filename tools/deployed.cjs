// What firebase-tools makes of a manifest and of the indexes, by its own modules and without a network: reads
// {"manifest": YAML, "indexes": {…}, "params": {…}} from stdin, and answers {"endpoints": {…}} or fails with its words.

const { readFileSync } = require("node:fs");
const lib = `${__dirname}/../node_modules/firebase-tools/lib`;
const { yamlToBuild } = require(`${lib}/deploy/functions/runtimes/discovery/index.js`);
const build = require(`${lib}/deploy/functions/build.js`);
const backend = require(`${lib}/deploy/functions/backend.js`);
const validate = require(`${lib}/deploy/functions/validate.js`);
const { FirestoreApi } = require(`${lib}/firestore/api.js`);
const yaml = require("yaml");

const PROJECT = "demo-mediaforge";
const REGION = "us-central1";
const RUNTIME = "python311";

async function main() {
  const given = JSON.parse(readFileSync(0, "utf8"));
  new FirestoreApi().validateSpec(given.indexes);
  const wanted = yamlToBuild(yaml.parse(given.manifest), PROJECT, REGION, RUNTIME);
  // What firebase-tools adds by itself (deploy/functions/prepare.js); secrets it would ask for are in no backend.
  const known = { GCLOUD_PROJECT: PROJECT, PROJECT_ID: PROJECT, STORAGE_BUCKET: "", DATABASE_URL: "", ...given.params };
  wanted.params = wanted.params.filter((param) => param.type !== "secret");
  const { backend: found } = await build.resolveBackend({
    build: wanted,
    firebaseConfig: { projectId: PROJECT, storageBucket: `${PROJECT}.firebasestorage.app` },
    userEnvs: known,
    nonInteractive: true,
  });
  const endpoints = backend.allEndpoints(found);
  endpoints.forEach((endpoint) => Object.assign(endpoint, { platform: endpoint.platform ?? "gcfv2" }));
  validate.endpointsAreValid(found, backend.empty());
  validate.functionIdsAreValid(endpoints);
  const said = endpoints.map((e) => [
    e.id,
    {
      account: e.serviceAccount ?? null,
      secrets: (e.secretEnvironmentVariables ?? []).map((secret) => secret.key),
      invoker: (e.taskQueueTrigger ?? e.httpsTrigger ?? {}).invoker ?? null,
    },
  ]);
  process.stdout.write(JSON.stringify({ endpoints: Object.fromEntries(said) }));
}

main().catch((error) => {
  const causes = [error.original, ...(error.children ?? [])].map((cause) => cause?.message);
  process.stderr.write(`${[error.message, ...causes].filter(Boolean).join(": ")}\n`);
  process.exitCode = 1;
});
