import { expect, test } from "vitest";
import type { EntryShown, FuseShown, LetterShown } from "./actions";
import { accountIdOf, ageOf, amountIn, byCode, changeOf, fuseOf } from "./reading";

test("an account is named by its id or by its user's", () => {
  expect(accountIdOf(" user_ann ")).toBe("user_ann");
  expect(accountIdOf("team_t1")).toBe("team_t1");
  expect(accountIdOf("Kx7")).toBe("user_Kx7");
  for (const wrong of ["", "  ", "ann@example.com", "a/b", "a b"]) expect(accountIdOf(wrong)).toBeUndefined();
});

test("a correction is a whole number that is not 0", () => {
  expect([amountIn("5"), amountIn("+5"), amountIn("-5"), amountIn("–5"), amountIn("−5")]).toEqual([
    5, 5, -5, -5, -5,
  ]);
  for (const wrong of ["", "0", "-0", "1.5", "1e3", "five", "12345678901"]) {
    expect(amountIn(wrong), wrong).toBeUndefined();
  }
});

test("an age is said by its largest unit", () => {
  const at = "2026-11-30T12:00:00Z";
  const ages = [5, 61, 7_300, 200_000].map((s) => ageOf(at, Date.parse(at) + s * 1000));
  expect(ages).toEqual(["5 s", "1 m", "2 h", "2 d"]);
  expect(ageOf(at, Date.parse(at) - 9_000)).toBe("0 s"); // a clock that is behind
});

test("letters are counted by their reason, the most first", () => {
  const codes = ["expired", "worker-lost", "worker-lost", "rejected"];
  expect(byCode(codes.map((code) => ({ code }) as LetterShown))).toEqual([
    ["worker-lost", 2],
    ["expired", 1],
    ["rejected", 1],
  ]);
});

test("the changes of a job's entries are what became of the balance", () => {
  const types = ["grant", "hold", "capture", "release", "adjust"] as const;
  const amounts = [100, 8, 2, 6, -5];
  const entries = types.map((type, at) => ({ type, amount: amounts[at] }) as EntryShown);
  expect(entries.map(changeOf)).toEqual([100, -8, 0, 6, -5]);
});

test("a fuse is reset by what it is of", () => {
  const ofs = ["project", "free", "user_ann"].map((of) => fuseOf({ of } as FuseShown));
  expect(ofs).toEqual([{}, { lane: "free" }, { accountId: "user_ann" }]);
});
