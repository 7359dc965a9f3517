// The client with the real SDK against the emulators. `EMULATORS` has their ports, as JSON; the user is the one
// whom the demo data have.
import assert from "node:assert/strict";
import { request as ask, createServer } from "node:http";
import { after, before, test } from "node:test";
import { GenerationFailed, MediaForge, UploadRefused, VersionChanged } from "@mediaforge/client";
import { deleteApp, initializeApp } from "firebase/app";
import { getAuth, signInWithEmailAndPassword } from "firebase/auth";

const emulators = JSON.parse(process.env.EMULATORS);
const config = { projectId: "demo-mediaforge", apiKey: "any", storageBucket: process.env.BUCKET };
const app = initializeApp(config);
const mf = new MediaForge(app, { emulators });
const SMALL = { width: 64, height: 64 };
const PICTURE =
  "iVBORw0KGgoAAAANSUhEUgAAAAQAAAAEAgMAAADUn3btAAAADFBMVEX0omHnb1Eke6AQKkP0pMKFAAAAEElEQVR42mP4z6zNwMAQCgAIPwGDZm83FgAAAABJRU5ErkJggg==";
const picture = new Blob([Buffer.from(PICTURE, "base64")], { type: "image/png" });
let uid;

before(async () => {
  const signedIn = await signInWithEmailAndPassword(getAuth(app), "demo@mediaforge.test", "emulator");
  uid = signedIn.user.uid;
});
after(() => mf.close());

const submit = (prompt, more = {}) => mf.generateImage({ prompt, ...SMALL, ...more });
const collected = async (values) => {
  const found = [];
  for await (const value of values) found.push(value);
  return found;
};
/** The first value that a `watch…` method tells and that `holds`. */
const told = (watch, holds) =>
  new Promise((resolve, reject) => {
    const off = watch((value) => {
      if (!holds(value)) return;
      queueMicrotask(() => off());
      resolve(value);
    }, reject);
  });
const thrown = async (promise) => {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  assert.fail("nothing was thrown");
};

test("an upload guides a picture, whose statuses end with the completed job", async () => {
  const sent = [];
  const upload = await mf.uploadReference(picture, { onProgress: (progress) => sent.push(progress) });
  assert.match(upload.path, new RegExp(`^references/${uid}/[0-9a-f]{32}\\.png$`));
  assert.deepEqual([upload.status, upload.width, upload.height], ["ready", 4, 4]);
  assert.deepEqual(sent.at(-1), { sentBytes: picture.size, totalBytes: picture.size });

  const job = await submit("a lighthouse", { references: [{ path: upload.path, mode: "style_only" }] });
  const jobs = await collected(mf.statuses(job.path));
  const order = ["queued", "processing", "completed"];
  const seen = jobs.map(({ status }) => status);
  assert.deepEqual(
    [...new Set(seen)],
    order.filter((status) => seen.includes(status)),
  );
  assert.equal(seen.filter((status) => status === "completed").length, 1);

  const done = await mf.result(job.path);
  assert.deepEqual([done.kind, done.id, done.path], ["image", job.jobId, job.path]);
  const answer = await fetch(done.generation_data.image_urls[0]);
  assert.equal(answer.headers.get("content-type"), "image/png");

  const [newest] = (await mf.uploads({ pageSize: 1 }).next()).value;
  assert.equal(newest.path, upload.path);
  const watching = (path) => (next, error) => mf.watchUpload(path, next, error);
  assert.equal((await told(watching(upload.path), () => true)).status, "ready");
  for (const none of [`references/${uid}/none.png`, upload.path.replace(".png", ".jpg")])
    assert.equal(await told(watching(none), () => true), undefined);
});

test("a file that is no picture is refused by the backend, with its document's error", async () => {
  const error = await thrown(mf.uploadReference(new Blob(["no picture"], { type: "image/png" })));
  assert.ok(error instanceof UploadRefused);
  assert.equal(error.reason, "reference-unreadable");
  assert.equal(error.message, error.upload.error.message);
});

test("a batch's rows come as they change, until all have ended", async () => {
  const rows = [{ prompt: "one" }, { prompt: "two [[fail:permanent]]" }, { prompt: "three" }];
  const watchOpen = (next, error) => mf.watchOpenBatches(next, error);
  // Listened to before it is sent: it may have ended by the time its answer is here.
  const opened = told(watchOpen, (batches) => batches.some(({ name }) => name === "Three"));
  const batch = await mf.submitBatch({ name: "Three", defaults: SMALL, rows });
  const isOpen = (batches) => batches.some(({ id }) => id === batch.batchId);
  assert.ok(isOpen(await opened));
  const ends = new Map((await collected(mf.rows(batch.path))).map((row) => [row.index, row.status]));
  assert.deepEqual([...ends].sort(), [
    [0, "completed"],
    [1, "failed"],
    [2, "completed"],
  ]);
  const ended = await mf.batchResult(batch.path);
  assert.deepEqual([ended.counts.completed, ended.counts.failed, ended.counts.total], [2, 1, 3]);
  await told(watchOpen, (batches) => !isOpen(batches));
  assert.deepEqual(
    (await collected(mf.rows(batch.batchId))).map((row) => row.index),
    [0, 1, 2],
  );
  const all = await told(
    (next, error) => mf.watchRows(batch.path, next, error),
    () => true,
  );
  assert.equal(all.length, 3);

  const { path } = await mf.exportBatch({ batchId: batch.batchId, format: "csv" });
  const file = await mf.exportResult(path);
  assert.equal((await (await fetch(file.url)).text()).trim().split("\n").length, 4);
});

test("a refusal says its reason and its fields", async () => {
  const error = await thrown(submit("x", { count: 100 }));
  assert.deepEqual([error.reason, error.retryable], ["invalid-request", false]);
  assert.deepEqual(
    error.fieldErrors.map(({ field }) => field),
    ["count"],
  );
});

test("a job that fails is thrown with its view", async () => {
  const { path } = await submit("x [[fail:permanent]]");
  const error = await thrown(mf.result(path));
  assert.ok(error instanceof GenerationFailed);
  assert.equal(error.view.status, "failed");
  assert.equal(error.reason, error.view.error.code);
});

test("a signal ends the waiting, and the job goes on; a cancel ends the job", async () => {
  const { path, jobId } = await submit("x [[sleep:60]]");
  const controller = new AbortController();
  const open = await told(
    (next, error) => mf.watchOpenJobs(next, error),
    (jobs) => jobs.some((job) => job.path === path),
  );
  assert.equal(open.find((job) => job.path === path).kind, "image");
  setTimeout(() => controller.abort(), 100);
  const error = await thrown(mf.result(path, { signal: controller.signal }));
  assert.equal(error.name, "AbortError");

  const cancelled = await mf.controlJob({ jobId, action: "cancel" });
  assert.equal(cancelled.status, "cancelled");
  const failed = await thrown(mf.result(path));
  assert.ok(failed instanceof GenerationFailed);
  assert.equal(failed.view.status, "cancelled");
});

test("open jobs may be told without those of batches", async () => {
  const slow = { prompt: "x [[sleep:60]]", ...SMALL };
  const batch = await mf.submitBatch({ name: "Rows", rows: [slow] });
  const isRow = (job) => job.batch_id === batch.batchId;
  await told(
    (next, error) => mf.watchOpenJobs(next, error),
    (jobs) => jobs.some(isRow),
  );
  const { path, jobId } = await mf.generateImage(slow);
  const single = await told(
    (next, error) => mf.watchOpenJobs(next, error, { isSingle: true }),
    (jobs) => jobs.some((job) => job.path === path),
  );
  assert.ok(single.every((job) => job.batch_id === null));
  await mf.controlJob({ jobId, action: "cancel" });
  await mf.controlBatch({ batchId: batch.batchId, action: "cancel" });
});

test("the user's teams come with their role, and brands in pages", async () => {
  const { teamId } = await mf.createTeam({ name: "North" });
  const team = (await mf.teams()).find(({ id }) => id === teamId);
  assert.deepEqual([team.name, team.role], ["North", "owner"]);
  assert.deepEqual(await collected(mf.brands({ teamId })), [[]]);
});

test("a team's invitations are told to its owners until they are used or revoked", async () => {
  const { teamId } = await mf.createTeam({ name: "South" });
  const watch = (next, error) => mf.watchInvites(teamId, next, error);
  await told(watch, (invites) => invites.length === 0);
  const { inviteId, code } = await mf.controlTeam({ teamId, action: "invite", role: "viewer" });
  const [invite] = await told(watch, (invites) => invites.length === 1);
  assert.deepEqual([invite.id, invite.role], [inviteId, "viewer"]);
  assert.ok(!JSON.stringify(invite).includes(code));
  await mf.controlTeam({ teamId, action: "revokeInvite", inviteId });
  await told(watch, (invites) => invites.length === 0);
});

test("the user's API keys come in pages, newest first, also once they are revoked", async () => {
  const made = [];
  for (const name of ["one", "two", "three"]) made.push(await mf.createApiKey({ name, scopes: ["read"] }));
  const newest = async () => (await collected(mf.apiKeys({ pageSize: 2 }))).flat().slice(0, 3);
  assert.deepEqual(
    (await newest()).map(({ name, prefix, revoked_at }) => [name, prefix, revoked_at ?? null]),
    made.map(({ prefix }, at) => [["one", "two", "three"][at], prefix, null]).reverse(),
  );
  assert.ok((await newest()).every((key) => !made.some((each) => JSON.stringify(key).includes(each.key))));
  await mf.revokeApiKey({ keyId: made[2].keyId });
  const [revoked, kept] = await newest();
  assert.ok(revoked.revoked_at);
  assert.equal(kept.revoked_at ?? null, null);
});

test("a lost answer is asked for again: the same job, charged once", async () => {
  const bodies = [];
  const answers = [];
  // Stands between the client and the functions, and keeps the first answer to itself.
  const proxy = createServer(async (incoming, response) => {
    const chunks = await collected(incoming);
    const { url, method } = incoming;
    const headers = { ...incoming.headers, "accept-encoding": "identity" };
    const onward = ask({ host: "127.0.0.1", port: emulators.functions, path: url, method, headers });
    onward.on("response", async (got) => {
      const body = Buffer.concat(await collected(got));
      if (method === "POST") {
        bodies.push(JSON.parse(Buffer.concat(chunks)).data);
        answers.push(JSON.parse(body).result);
        if (answers.length === 1) return incoming.socket.destroy();
      }
      response.writeHead(got.statusCode, got.headers).end(body);
    });
    onward.end(Buffer.concat(chunks));
  });
  await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const other = initializeApp(config, "through the proxy");
  const through = new MediaForge(other, { emulators: { ...emulators, functions: proxy.address().port } });
  try {
    await signInWithEmailAndPassword(getAuth(other), "demo@mediaforge.test", "emulator");
    const job = await through.generateImage({ prompt: "once", ...SMALL });
    assert.equal(bodies.length, 2);
    assert.deepEqual(bodies[0], bodies[1]);
    assert.deepEqual([job.jobId, job.jobId], [answers[0].jobId, answers[1].jobId]);
    await mf.result(job.path);
    const captured = ({ type, job_id }) => type === "capture" && job_id === job.jobId;
    const holds = (pages) =>
      pages.flat().filter(({ type, job_id }) => type === "hold" && job_id === job.jobId);
    // The entries follow the job's end within about a second.
    let entries = [];
    while (!entries.flat().some(captured)) entries = await collected(mf.ledger({ pageSize: 100 }));
    assert.equal(holds(entries).length, 1);
  } finally {
    await deleteApp(other);
    proxy.closeAllConnections();
    proxy.close();
  }
});

test("packs and templates are written, with a version each time, and used", async () => {
  const { path } = await mf.uploadReference(picture);
  const references = [{ path, mode: "style_only", caption: undefined }];
  const pack = await mf.packs.save({ name: "Lights", references });
  assert.equal(pack.version, 1);
  assert.deepEqual(await mf.packs.save({ id: pack.id, name: "Lamps", references }), {
    id: pack.id,
    version: 2,
  });
  const mine = (await collected(mf.packs.list({ pageSize: 1 }))).flat();
  assert.deepEqual(
    mine.filter(({ id }) => id === pack.id).map(({ name, version }) => [name, version]),
    [["Lamps", 2]],
  );

  const named = `house-${pack.id}`;
  const house = { id: named, name: "House", prompt: "a {{colour}} house", defaults: SMALL };
  assert.deepEqual(await mf.templates.save(house), { id: named, version: 1 });
  assert.deepEqual(await mf.templates.save({ ...house, from: 1 }), { id: named, version: 2 });
  const changed = await thrown(mf.templates.save({ ...house, from: 1 }));
  assert.ok(changed instanceof VersionChanged);
  assert.deepEqual([changed.reason, changed.version], ["version-changed", 2]);
  const asked = { templateId: named, variables: { colour: "red" }, referencePackId: pack.id };
  const { path: job } = await mf.generateImage(asked);
  const done = await mf.result(job);
  assert.deepEqual(
    [done.template, done.pack],
    [
      { id: named, version: 2 },
      { id: pack.id, version: 2 },
    ],
  );
  assert.equal((await mf.packs.get(pack.id)).name, "Lamps");
  await mf.packs.remove(pack.id);
  assert.equal(await mf.packs.get(pack.id), undefined);
  await mf.templates.remove(named);
});

test("comments are added, changed and removed; a vote takes the place of the one before", async () => {
  const rows = [{ prompt: "one" }, { prompt: "two" }];
  const batch = await mf.submitBatch({ name: "Two", defaults: SMALL, rows });
  const watch = (next, error) => mf.watchComments(batch.path, next, error);
  // Whoever looks on while they write has the times of it, too, before the server has said them.
  const undated = [];
  let isEmpty;
  const listening = new Promise((resolve) => {
    isEmpty = resolve;
  });
  const stop = watch((all) => {
    isEmpty();
    undated.push(...all.filter((each) => !each.created_at || !each.modified));
  }, assert.ifError);
  await listening;
  const id = await mf.comments.add(batch.path, { text: "good", row: 0 });
  await mf.comments.edit(batch.path, id, "better");
  const [comment] = await told(watch, ([first]) => first?.text === "better");
  assert.deepEqual([comment.id, comment.user_id, comment.row], [id, uid, 0]);
  stop();
  assert.deepEqual(undated, []);
  await mf.comments.remove(batch.path, id);
  await told(watch, (all) => all.length === 0);

  await mf.batchResult(batch.path);
  const [left, right] = (await collected(mf.rows(batch.path))).map((row) => row.path);
  const comparison = await mf.comparisons.add({ left, right });
  await mf.comparisons.vote(comparison, "left");
  await mf.comparisons.vote(comparison, "right");
  await mf.comparisons.note(comparison, "the fog");
  const votes = (await collected(mf.comparisons.votes(comparison))).flat();
  assert.deepEqual(
    votes.map((vote) => [vote.id, vote.choice]),
    [[uid, "right"]],
  );
  const watchVotes = (next, error) => mf.watchVotes(comparison, next, error);
  await told(watchVotes, ([vote]) => vote?.choice === "right");
  const watchNote = (next, error) => mf.watchComparison(comparison, next, error);
  await told(watchNote, (now) => now.left === left && now.note === "the fog");
  const [newest] = (await mf.comparisons.list().next()).value;
  assert.deepEqual([newest.id, newest.note], [comparison, "the fog"]);
});

test("a batch is shared with a user, and ends", async () => {
  const batch = await mf.submitBatch({ name: "Shared", defaults: SMALL, rows: [{ prompt: "one" }] });
  await mf.shares.put(batch.path, "another-user", "viewer");
  await mf.shares.put(batch.path, "another-user", "commenter", "Shared");
  const { value: shared } = await mf.shares.of(batch.path).next();
  assert.deepEqual(
    shared.map(({ uid, role }) => [uid, role]),
    [["another-user", "commenter"]],
  );
  const { inviteId } = await mf.controlBatch({ batchId: batch.batchId, action: "invite", role: "viewer" });
  const invites = async () => (await mf.shares.invites(batch.path).next()).value.map(({ id }) => id);
  assert.deepEqual(await invites(), [inviteId]);
  await mf.shares.revokeInvite(batch.path, inviteId);
  assert.deepEqual(await invites(), []);
  await mf.shares.end(batch.path, "another-user");
  assert.deepEqual((await collected(mf.shares.withMe())).flat(), []);
  await told(
    (next, error) => mf.watchShare(batch.path, (own) => next(own ?? "none"), error),
    (own) => own === "none",
  );
  await mf.batchResult(batch.path);
});

test("the account is told, and its ledger comes in pages, each entry once", async () => {
  const account = await told(
    (next, error) => mf.watchAccount(next, error),
    () => true,
  );
  assert.equal(account.id, `user_${uid}`);
  const entries = (await collected(mf.ledger({ pageSize: 2 }))).flat();
  assert.ok(entries.length > 2);
  assert.equal(new Set(entries.map(({ id }) => id)).size, entries.length);
});

test("what is not there is not found, and what is another's is refused", async () => {
  const none = (watch) => thrown(new Promise((_, reject) => watch(() => assert.fail("it is there"), reject)));
  const missing = await none((next, error) => mf.watch(`generations/${uid}/images/none`, next, error));
  assert.equal(missing.reason, "not-found");
  const other = await none((next, error) => mf.watch("generations/somebody/images/none", next, error));
  assert.equal(other.reason, "permission-denied");
  assert.equal((await thrown(mf.result(`generations/${uid}/images/none`))).reason, "not-found");
});
