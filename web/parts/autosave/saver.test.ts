import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createSaver, type Save, type Stored } from "./saver";

interface Form {
  readonly name: string;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A server with one document; what was asked of it, and what was kept as a draft. */
function begun(stored: Stored<Form>, draft?: Stored<Form>) {
  const server = { version: stored.version, asked: [] as (number | undefined)[], drafts: [] as unknown[] };
  const save: Save<Form> = async (_, id, from) => {
    server.asked.push(from);
    await new Promise((resolve) => setTimeout(resolve, 100));
    if (from && from !== server.version)
      throw { reason: "version-changed", message: "", version: server.version };
    server.version += 1;
    return { id: id ?? "made", version: server.version };
  };
  const keep = (kept: unknown) => void server.drafts.push(kept);
  const saver = createSaver<Form>({ stored, draft, save, keep, isWhole: ({ name }) => name !== "" });
  return { saver, server };
}

const NEW: Stored<Form> = { value: { name: "" }, id: undefined, version: 0 };
const OLD: Stored<Form> = { value: { name: "a" }, id: "p", version: 3 };

test("a change is saved a second after the last one, from the version that was changed", async () => {
  const { saver, server } = begun(OLD);
  saver.set({ name: "b" });
  await vi.advanceTimersByTimeAsync(900);
  saver.set({ name: "c" });
  await vi.advanceTimersByTimeAsync(900);
  expect(server.asked).toEqual([]);
  expect(saver.read().state).toBe("unsaved");
  await vi.advanceTimersByTimeAsync(300);
  expect(server.asked).toEqual([3]);
  expect(saver.read()).toMatchObject({ state: "saved", id: "p", version: 4, value: { name: "c" } });
});

test("what is not whole waits, and then gets its id and first version", async () => {
  const { saver, server } = begun(NEW);
  saver.set({});
  await vi.advanceTimersByTimeAsync(5000);
  expect(server.asked).toEqual([]);
  saver.set({ name: "a" });
  await vi.advanceTimersByTimeAsync(1100);
  expect(saver.read()).toMatchObject({ state: "saved", id: "made", version: 1 });
});

test("what is changed while a save is under way is saved after it, as the next version", async () => {
  const { saver, server } = begun(OLD);
  saver.set({ name: "b" });
  await vi.advanceTimersByTimeAsync(1050);
  saver.set({ name: "c" });
  await vi.advanceTimersByTimeAsync(2000);
  expect(server.asked).toEqual([3, 4]);
  expect(saver.read()).toMatchObject({ state: "saved", version: 5 });
});

test("a version of somebody else stops the saving; keeping one's own writes over that one only", async () => {
  const { saver, server } = begun(OLD);
  server.version = 4;
  saver.set({ name: "b" });
  await vi.advanceTimersByTimeAsync(1100);
  expect(saver.read()).toMatchObject({ state: "clash", failure: { version: 4 } });
  saver.set({ name: "c" });
  await vi.advanceTimersByTimeAsync(5000);
  expect(server.asked).toEqual([3]);

  server.version = 5;
  saver.again();
  await vi.advanceTimersByTimeAsync(200);
  expect(saver.read()).toMatchObject({ state: "clash", failure: { version: 5 } });
  saver.again();
  await vi.advanceTimersByTimeAsync(200);
  expect(saver.read()).toMatchObject({ state: "saved", version: 6, value: { name: "c" } });
});

test("a page that goes saves at once what waits", async () => {
  const { saver, server } = begun(OLD);
  saver.flush();
  expect(server.asked).toEqual([]);
  saver.set({ name: "b" });
  saver.flush();
  expect(server.asked).toEqual([3]);
  await vi.advanceTimersByTimeAsync(5000);
  expect(server.asked).toEqual([3]);
});

test("a draft is kept until it is saved, and goes on from the version that it changed", async () => {
  const { saver, server } = begun(OLD);
  saver.set({ name: "b" });
  expect(server.drafts).toEqual([{ value: { name: "b" }, id: "p", version: 3 }]);
  await vi.advanceTimersByTimeAsync(1100);
  expect(server.drafts.at(-1)).toBeUndefined();

  const after = begun({ ...OLD, version: 4 }, { ...OLD, value: { name: "b" } });
  expect(after.saver.read()).toMatchObject({ state: "unsaved", value: { name: "b" } });
  await vi.advanceTimersByTimeAsync(1100);
  expect(after.saver.read()).toMatchObject({ state: "clash", failure: { version: 4 } });
});
