// Node.js has no IndexedDB, as some private windows have none: what is kept is then only in memory.
import { beforeEach, expect, test } from "vitest";
import { answered, type Entry, forget, isKept, keep, openUnsent, refuse, unsent } from "./unsent";

const ENTRY: Entry = {
  requestId: "r1",
  uid: "u1",
  kind: "image",
  payload: { prompt: "an owl" },
  accountId: "user_u1",
  at: 1,
};

beforeEach(() => openUnsent("u1"));

test("without IndexedDB a submission is there, may be sent, and is answered", async () => {
  await keep(ENTRY);
  expect(isKept("r1")).toBe(true);
  await answered(ENTRY, "generations/u1/images/j1");
  expect(unsent()).toEqual([{ ...ENTRY, path: "generations/u1/images/j1" }]);
  await forget(ENTRY);
  expect(unsent()).toEqual([]);
});

test("without IndexedDB a refusal is shown until it was read", async () => {
  await keep(ENTRY);
  const refused = { reason: "busy", message: "", details: undefined, fieldErrors: [] };
  await refuse(ENTRY, refused);
  expect(unsent()).toEqual([{ ...ENTRY, refused }]);
  await forget(ENTRY);
});

test("nothing of one user is shown to the next", async () => {
  await keep(ENTRY);
  const opening = openUnsent("u2");
  expect(unsent()).toEqual([]); // at once, not only after the disk was read
  await opening;
  expect(unsent()).toEqual([]);
});
