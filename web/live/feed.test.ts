import { expect, test } from "vitest";
import type { Entry } from "@/kept/unsent";
import { merged } from "./feed";
import type { Generation } from "./generation";

const made = (id: string, at: string, status = "completed") =>
  ({ path: `generations/u/images/${id}`, requestId: `r-${id}`, createdAt: at, status }) as Generation;
const entry = (id: string, at: string, some: Partial<Entry> = {}): Entry => ({
  requestId: `r-${id}`,
  uid: "u",
  kind: "image",
  payload: {},
  accountId: "user_u",
  at: Date.parse(at),
  ...some,
});

test("a submission and its job are one tile, with one key throughout", () => {
  const before = merged([[], []], [entry("a", "2026-11-29T10:00:00Z")]);
  const after = merged(
    [[], [made("a", "2026-11-29T10:00:01Z", "queued")]],
    [entry("a", "2026-11-29T10:00:00Z")],
  );
  expect(before.map(({ key }) => key)).toEqual(["r-a"]);
  expect(after.map(({ key }) => key)).toEqual(["r-a"]);
  expect(after[0]?.generation?.status).toBe("queued");
});

test("what ended is newer than what the first page said", () => {
  const lists = [[made("a", "2026-11-29T10:00:00Z", "processing")], [], [made("a", "2026-11-29T10:00:00Z")]];
  expect(merged(lists, []).map(({ generation }) => generation?.status)).toEqual(["completed"]);
});

test("newest first, and what was refused is no tile", () => {
  const refused = { reason: "x", message: "", details: null, fieldErrors: [] };
  const items = merged(
    [[made("a", "2026-11-29T10:00:00Z"), made("b", "2026-11-29T11:00:00Z")]],
    [entry("c", "2026-11-29T12:00:00Z", { refused })],
  );
  expect(items.map(({ key }) => key)).toEqual(["r-b", "r-a"]);
});

test("who was pressed last stays first, whatever is answered first", () => {
  const [first, second] = [entry("d", "2026-11-29T13:00:00Z"), entry("e", "2026-11-29T13:00:01Z")];
  const late = made("d", "2026-11-29T13:00:09Z", "queued");
  const early = made("e", "2026-11-29T13:00:03Z", "queued");
  const keys = [
    merged([[]], [first, second]),
    merged([[early]], [first, second]),
    merged([[early]], [first]),
    merged([[early, late]], []),
  ].map((items) => items.map(({ key }) => key));
  expect(keys).toEqual(Array(4).fill(["r-e", "r-d"]));
});
