import { expect, test } from "vitest";
import type { ListedEntry } from "@/live/ledger";
import { linesOf } from "./lines";

function entry(id: string, type: ListedEntry["type"], amount: number, of: Partial<ListedEntry> = {}) {
  return { id, type, amount, ...of } as ListedEntry;
}
const job = (type: ListedEntry["type"], amount: number, of: Partial<ListedEntry> = {}) =>
  entry(`j:${type}`, type, amount, { job_id: "j", ...of });

test("what a job held, was charged and got back is one line, where its newest entry stands", () => {
  const grant = entry("welcome:grant", "grant", 100, { reason: "welcome" });
  const adjust = entry("a", "adjust", -5);
  const lines = linesOf([job("release", 6), job("capture", 2), adjust, job("hold", 8), grant]);
  expect(lines.map(({ key }) => key)).toEqual(["job j", "single a", "single welcome:grant"]);
  expect(lines[0]).toMatchObject({ kind: "job", change: -2, held: 8, charged: 2, open: 0, isWhole: true });
  expect(lines.map(({ change }) => change)).toEqual([-2, -5, 100]);
});

test("the lines sum to what is available, whatever is still held", () => {
  const lines = linesOf([
    job("hold", 4),
    entry("b:release", "release", 3, { batch_id: "b" }),
    entry("r:capture", "capture", 2, { batch_id: "b", job_id: "r" }),
    entry("b:hold", "hold", 10, { batch_id: "b" }),
    entry("g", "grant", 50),
  ]);
  expect(lines.map(({ open }) => open)).toEqual([4, 5, 0]);
  expect(lines.reduce((sum, { change }) => sum + change, 0)).toBe(50 - 10 + 3 - 4);
});

test("a batch's rows are in its line, also those held for again", () => {
  const lines = linesOf([
    entry("r2:capture", "capture", 2, { batch_id: "b", job_id: "r2" }),
    entry("b:hold:1", "hold", 2, { batch_id: "b" }),
    entry("r1:release", "release", 2, { batch_id: "b", job_id: "r1" }),
    entry("b:hold", "hold", 2, { batch_id: "b" }),
  ]);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({ kind: "batch", id: "b", held: 4, charged: 2, open: 0, isWhole: true });
});

test("a job's line says what it made and for whom; a brief's hold and charge are a line", () => {
  const [made, brief] = linesOf([
    job("capture", 2, { kind: "image", actor: "settle" }),
    job("hold", 2, { kind: "image", actor: "ann" }),
    entry("d:capture:1", "capture", 1),
    entry("d:hold:1", "hold", 1, { actor: "ann" }),
  ]);
  expect(made).toMatchObject({ kind: "job", makes: "image", uid: "ann" });
  expect(brief).toMatchObject({ kind: "brief", makes: undefined, change: -1, charged: 1, isWhole: true });
});

test("a line whose hold is on a later page says so until that page has come", () => {
  const first = [job("release", 6), job("capture", 2)];
  expect(linesOf(first)[0]).toMatchObject({ isWhole: false, open: 0 });
  expect(linesOf([...first, job("hold", 8)])[0]).toMatchObject({ isWhole: true, change: -2 });
});
