// Calls through the real SDK to a server that speaks the callables' protocol, and answers what it is told.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, afterEach, before, test } from "node:test";
import { MediaForge, MediaForgeError } from "@mediaforge/client";
import { deleteApp, initializeApp } from "firebase/app";
import { CALLABLES, UPLOAD_BYTES_MAX } from "./node_modules/@mediaforge/client/dist/callables.js";

const LOST = "the connection is closed without an answer";
const BUSY = [503, { error: { status: "UNAVAILABLE", message: "later", details: { reason: "busy" } } }];
const INTERNAL = [
  500,
  { error: { status: "INTERNAL", message: "a fault", details: { reason: "internal" } } },
];

let asked = [];
let answers = [];
const server = createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  asked.push({ name: request.url.split("/").pop(), data: JSON.parse(body).data, at: performance.now() });
  const answer = answers.shift();
  if (answer === LOST) return request.socket.destroy();
  const [status, said] = answer ?? [200, { result: { jobId: "j" } }];
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(said));
});
const app = initializeApp({ projectId: "demo-client", apiKey: "any" });
let mf;

before(async () => {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  mf = new MediaForge(app, { emulators: { functions: server.address().port } });
});
afterEach(() => {
  asked = [];
  answers = [];
});
after(async () => {
  server.closeAllConnections();
  server.close();
  await deleteApp(app);
});

const refused = (status, code, details) => [status, { error: { status: code, message: "no", details } }];
const thrown = async (promise) => {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  assert.fail("nothing was thrown");
};

test("a submission has a requestId, and keeps its own", async () => {
  assert.deepEqual(await mf.generateImage({ prompt: "a" }), { jobId: "j" });
  await mf.generateImage({ prompt: "a", requestId: null });
  await mf.generateImage({ prompt: "a", requestId: "mine" });
  const [one, two, three] = asked.map(({ data }) => data.requestId);
  assert.match(one, /^[0-9a-f]{32}$/);
  assert.match(two, /^[0-9a-f]{32}$/);
  assert.notEqual(one, two);
  assert.equal(three, "mine");
});

test("what takes no requestId is sent as it is", async () => {
  await mf.getCatalog();
  await mf.controlJob({ jobId: "j", action: "cancel" });
  assert.deepEqual(
    asked.map(({ name, data }) => [name, data]),
    [
      ["getCatalog", {}],
      ["controlJob", { jobId: "j", action: "cancel" }],
    ],
  );
});

for (const [what, answer] of [
  ["a lost answer", LOST],
  ["a busy backend", BUSY],
  ["a fault", INTERNAL],
  ["a busy platform", [503, "no JSON of ours"]],
]) {
  test(`after ${what} the same is sent again`, async () => {
    answers = [answer];
    assert.deepEqual(await mf.generateImage({ prompt: "a" }), { jobId: "j" });
    assert.equal(asked.length, 2);
    assert.deepEqual(asked[0].data, asked[1].data);
    assert.ok(asked[1].at - asked[0].at >= 499);
  });
}

test("a limited rate is waited for as long as it is said", async () => {
  answers = [refused(429, "RESOURCE_EXHAUSTED", { reason: "rate-limited", limit: 1, retryAfterSeconds: 1 })];
  await mf.generateImage({ prompt: "a" });
  assert.ok(asked[1].at - asked[0].at >= 999);
});

test("a fault is met once more only", async () => {
  answers = [INTERNAL, INTERNAL];
  const error = await thrown(mf.generateImage({ prompt: "a" }));
  assert.equal(error.reason, "internal");
  assert.equal(asked.length, 2);
});

test("a refusal is thrown at once, with all that it says", async () => {
  const fieldErrors = [{ field: "count", message: "too many" }];
  answers = [refused(400, "INVALID_ARGUMENT", { reason: "invalid-request", fieldErrors })];
  const error = await thrown(mf.generateImage({ prompt: "a", count: 9, requestId: "mine" }));
  assert.ok(error instanceof MediaForgeError);
  assert.equal(error.reason, "invalid-request");
  assert.match(error.message, /^no\b/);
  assert.equal(error.retryable, false);
  assert.equal(error.requestId, "mine");
  assert.deepEqual(error.fieldErrors, fieldErrors);
  assert.deepEqual(error.details, { reason: "invalid-request", fieldErrors });
  assert.equal(asked.length, 1);
});

test("an error of the platform has the SDK's code", async () => {
  answers = [[404, {}]];
  const error = await thrown(mf.generateImage({ prompt: "a" }));
  assert.deepEqual([error.reason, error.details, error.retryable], ["not-found", undefined, false]);
});

test("five times without an answer is a network that is down", async () => {
  answers = [LOST, LOST, LOST, LOST, LOST];
  const error = await thrown(mf.generateImage({ prompt: "a" }));
  assert.deepEqual([error.reason, error.retryable], ["network", true]);
  assert.equal(error.requestId, asked[0].data.requestId);
  assert.equal(new Set(asked.map(({ data }) => data.requestId)).size, 1);
  assert.equal(asked.length, 5);
});

test("what would be made twice is not sent again after a lost answer, but after a limited rate", async () => {
  const { getCatalog } = CALLABLES;
  CALLABLES.getCatalog = { hasRequestId: false, isRepeated: false };
  try {
    answers = [LOST];
    assert.equal((await thrown(mf.getCatalog())).reason, "network");
    assert.equal(asked.length, 1);
    answers = [
      refused(429, "RESOURCE_EXHAUSTED", { reason: "rate-limited", limit: 1, retryAfterSeconds: 1 }),
    ];
    await mf.getCatalog();
    assert.equal(asked.length, 3);
  } finally {
    CALLABLES.getCatalog = getCatalog;
  }
});

test("an aborted signal ends the waiting with its own reason", async () => {
  answers = [BUSY];
  const reason = new Error("enough");
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), 100);
  assert.equal(await thrown(mf.generateImage({ prompt: "a" }, { signal: controller.signal })), reason);
  assert.equal(await thrown(mf.generateImage({ prompt: "a" }, { signal: controller.signal })), reason);
  assert.equal(asked.length, 1);
});

test("nobody is signed in", async () => {
  const error = await thrown(mf.packs.save({ name: "x", references: [] }));
  assert.equal(error.reason, "unauthenticated");
});

test("an upload of another type names its field, and sends nothing", async () => {
  const error = await thrown(mf.uploadReference(new Blob(["x"], { type: "text/plain" })));
  assert.equal(error.reason, "invalid-request");
  assert.equal(error.fieldErrors[0].field, "file");
});

for (const [what, file, says] of [
  ["no picture", new Blob(["GIF89a"], { type: "image/gif" }), /^This is image\/gif; send one of /],
  [
    "too large",
    new Blob([new Uint8Array(UPLOAD_BYTES_MAX + 1)], { type: "image/png" }),
    /at most 10485760\.$/,
  ],
]) {
  test(`a file that is ${what} is refused before anything is sent`, async () => {
    const error = await thrown(mf.uploadReference(file));
    assert.ok(error instanceof MediaForgeError);
    assert.equal(error.reason, "invalid-request");
    assert.match(error.fieldErrors[0].message, says);
  });
}
