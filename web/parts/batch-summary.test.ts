import { expect, test } from "vitest";
import type { Batch, BatchRow } from "@/live/batches";
import { cancelOf, summaryOf } from "./batch-summary";

const counts = (of: Partial<Batch["counts"]>): Batch["counts"] => ({
  total: 100,
  queued: 0,
  processing: 0,
  completed: 0,
  failed: 0,
  cancelled: 0,
  ...of,
});
const batch = (status: Batch["status"], of: Partial<Batch["counts"]>, more: Partial<Batch> = {}) =>
  ({ status, counts: counts(of), credits: { estimated: 200, charged: 196 }, ...more }) as Batch;

test.each([
  [batch("completed", { completed: 98, failed: 2 }), "98 made, 2 failed. 196 charged, 4 came back."],
  [batch("paused", { processing: 4 }), "Paused. 4 running rows finish."],
  [batch("running", { completed: 60, failed: 1 }), "60 of 100 done, 1 failed."],
  [batch("cancelled", { processing: 1 }), "Cancelled. 1 running row ends within seconds."],
  [batch("queued", {}), "Waits for its turn."],
])("%#", (of, says) => {
  expect(summaryOf(of)).toBe(says);
});

test("a cancel frees what waits", () => {
  const rows = [
    { status: "queued", credits: { estimated: 2, charged: 0 } },
    { status: "processing", credits: { estimated: 8, charged: 0 } },
  ] as BatchRow[];
  expect(cancelOf(batch("running", { queued: 1, processing: 1 }), rows)).toEqual({
    waiting: 1,
    running: 1,
    freed: 2,
  });
});
