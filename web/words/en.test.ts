import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { failure, reasons, refusal } from "./en";

test("every reason of the contract has its sentence", () => {
  const types = readFileSync(new URL("../../clients/js/src/types.ts", import.meta.url), "utf8");
  const union = /export type Reason =([^;]*);/.exec(types)?.[1] ?? "";
  const contract = [...union.matchAll(/"([a-z-]+)"/g)].map(([, reason]) => reason);
  expect(contract.length).toBeGreaterThan(20);
  expect([...reasons].sort()).toEqual(contract.sort());
});

test("a refusal names its numbers", () => {
  const details = { reason: "insufficient-credits", required: 8, available: 3 };
  expect(refusal({ reason: "insufficient-credits", message: "", details })).toBe(
    "This needs 8 credits; 3 are available.",
  );
});

test("an unknown reason says what the server said", () => {
  expect(refusal({ reason: "new-one", message: "It is Sunday." })).toBe("It is Sunday.");
});

test("nothing was charged stands there only where it is true", () => {
  const error = { code: "content-blocked", message: "", retryable: false };
  expect(failure(error, 1, 0).says).toContain("Nothing was charged.");
  expect(failure(error, 1, 2).says).toContain("2 credits were charged.");
});

test("a failure that a retry cannot help offers the prompt", () => {
  expect(failure({ code: "provider-failed", message: "", retryable: false }, 5, 0).help).toBe("edit");
  expect(failure({ code: "provider-failed", message: "", retryable: true }, 5, 0).help).toBe("retry");
});
