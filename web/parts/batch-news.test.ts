import { expect, test } from "vitest";
import type { Batch } from "@/live/batches";
import { newsOf, quarterReached } from "./batch-news";

const NONE = { total: 100, queued: 0, processing: 0, completed: 0, failed: 0, cancelled: 0 };
const batch = (counts: Partial<Batch["counts"]>, status: Batch["status"] = "running") => ({
  id: "b",
  name: "Posters",
  status,
  counts: { ...NONE, ...counts },
});

test("each quarter is said once, and a leap says the last one", () => {
  expect(quarterReached(batch({ completed: 20 }), batch({ completed: 24 }))).toBeUndefined();
  expect(quarterReached(batch({ completed: 24 }), batch({ completed: 20, failed: 5 }))).toBe(25);
  expect(quarterReached(batch({ completed: 25 }), batch({ completed: 30 }))).toBeUndefined();
  expect(quarterReached(batch({}), batch({ completed: 80 }))).toBe(75);
});

test("a quarter and a change of the status are said in one sentence, anything else not at all", () => {
  expect(newsOf(batch({ completed: 40 }), batch({ completed: 40, processing: 2 }))).toBe("");
  expect(newsOf(batch({ completed: 40 }), batch({ completed: 40 }, "paused"))).toBe("Posters: Paused");
  expect(newsOf(batch({ completed: 90 }), batch({ completed: 98, failed: 2 }, "completed"))).toBe(
    "Posters: 100 % done. Completed",
  );
});
