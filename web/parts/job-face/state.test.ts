import { expect, test } from "vitest";
import type { Generation } from "@/live/generation";
import { type Around, sendingState, stateOf } from "./state";

const around: Around = { moment: () => "Tue 14:00", places: { active: 2, of: 2 } };

function job(some: Partial<Generation>): Generation {
  const base = {
    status: "queued",
    credits: { estimated: 8, charged: 0 },
    count: 4,
    attempts: 1,
    requestData: {},
  };
  return { ...base, waitingFor: null, missing: null, error: null, reusedFrom: null, ...some } as Generation;
}

test.each([
  [{}, "Queued", "cancel"],
  [{ waitingFor: "capacity" }, "Waiting for a free place (2 of 2 in use)", "cancel"],
  [{ waitingFor: "schedule" }, "Starts Tue 14:00", "cancel"],
  [{ waitingFor: "resume" }, "Held by a spending limit", "cancel"],
  [{ waitingFor: "batch" }, "Its turn in the batch", "cancel"],
  [{ waitingFor: "provider" }, "The model is out of order; tried again by itself", "cancel"],
  [{ status: "processing" }, "Processing", "cancel"],
  [{ status: "processing", attempts: 2 }, "Processing · 2nd try", "cancel"],
  [{ status: "completed" }, "", undefined],
  [{ status: "completed", reusedFrom: "j" }, "Found again, 0 credits", undefined],
  [{ status: "cancelled" }, "Cancelled. Nothing charged", "again"],
] as [Partial<Generation>, string, string | undefined][])("%o says %s", (some, says, action) => {
  const state = stateOf(job(some), around);
  expect(state.says).toBe(says);
  expect(state.action).toBe(action);
});

test("a part that is missing says what came back", () => {
  const state = stateOf(
    job({ status: "completed", missing: 3, credits: { estimated: 8, charged: 2 } }),
    around,
  );
  expect(state.says).toBe("1 of 4 made. 6 credits came back");
  expect(state.offers).toBe("Make the other 3");
});

test("a cancel that was asked for shows until it is final", () => {
  const asked = { ...around, isCancelling: true };
  expect(stateOf(job({ status: "processing" }), asked).says).toBe("Cancelling");
  expect(stateOf(job({ status: "completed" }), asked).says).toBe("");
});

test("what is kept offline says so", () => {
  expect(sendingState(false, true).says).toBe("Kept here. Sent when you are online");
  expect(sendingState(true, false).action).toBe("send");
});
