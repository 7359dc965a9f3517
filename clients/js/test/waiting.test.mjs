// What iterations and listeners keep, and when they end: with listeners that the test itself is.
import assert from "node:assert/strict";
import { test } from "node:test";
import { iterate, pause, subscribe } from "./node_modules/@mediaforge/client/dist/waiting.js";

/** A listener whose values and whose end are in the test's hands. */
function source() {
  const made = { isStopped: false };
  made.listen = (next, fail) => {
    Object.assign(made, { next, fail });
    return () => {
      made.isStopped = true;
    };
  };
  return made;
}
const isNine = (value) => value === 9;
const turn = () => new Promise((resolve) => setImmediate(resolve));

test("every value is kept, in its order, and the last one ends it", async () => {
  const from = source();
  const values = iterate(from.listen, isNine);
  const first = values.next();
  for (const value of [1, 2, 9, 3]) from.next(value);
  assert.deepEqual(await first, { value: 1, done: false });
  const rest = [];
  for await (const value of values) rest.push(value);
  assert.deepEqual(rest, [2, 9]);
  assert.ok(from.isStopped);
});

test("a value that comes later is waited for", async () => {
  const from = source();
  const values = iterate(from.listen, isNine);
  const first = values.next();
  await turn();
  from.next(1);
  assert.equal((await first).value, 1);
});

test("who leaves the loop ends the listener", async () => {
  const from = source();
  const values = iterate(from.listen, isNine);
  const first = values.next();
  from.next(1);
  await first;
  await values.return();
  assert.ok(from.isStopped);
});

test("a failure comes after what was told before it", async () => {
  const from = source();
  const values = iterate(from.listen, isNine);
  const first = values.next();
  from.next(1);
  from.fail(new Error("gone"));
  assert.equal((await first).value, 1);
  await assert.rejects(values.next(), /gone/);
  assert.ok(from.isStopped);
});

test("an aborted signal ends it at once, with its reason", async () => {
  const from = source();
  const controller = new AbortController();
  const values = iterate(from.listen, isNine, controller.signal);
  const first = values.next();
  await turn();
  from.next(1);
  controller.abort(new Error("enough"));
  await assert.rejects(first, /enough/);
  assert.ok(from.isStopped);
  await assert.rejects(iterate(from.listen, isNine, controller.signal).next(), /enough/);
});

test("a listener that was ended before it began is ended, and told nothing", async () => {
  const told = [];
  let isStopped = false;
  const off = subscribe(
    async (next) => {
      await turn();
      next(1);
      return () => {
        isStopped = true;
      };
    },
    (value) => told.push(value),
    (error) => told.push(error),
  );
  off();
  await turn();
  await turn();
  assert.deepEqual([told, isStopped], [[], true]);
});

test("an error is told once, is the end, and is one of ours", async () => {
  const told = [];
  let failed;
  subscribe(
    async (next, fail) => {
      failed = () => fail({ code: "permission-denied", message: "no" });
      failed();
      next(1);
      return () => told.push("stopped");
    },
    (value) => told.push(value),
    (error) => told.push(error.reason),
  );
  await turn();
  failed();
  assert.deepEqual(told, ["permission-denied", "stopped"]);
});

test("what is no error of an SDK is not taken for one", async () => {
  const reason = await new Promise((resolve) => {
    const load = async () => {
      throw new TypeError("there is no such thing");
    };
    subscribe(load, assert.fail, (error) => resolve(error.reason));
  });
  assert.equal(reason, "unknown");
});

test("a pause ends early with its signal", async () => {
  await assert.rejects(pause(60_000, AbortSignal.timeout(10)), { name: "TimeoutError" });
});
