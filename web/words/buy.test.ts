import { expect, test } from "vitest";
import { buyWords } from "./buy";

test("an offer says its credits and its price in its currency", () => {
  expect(buyWords.offer(500, 500, "usd")).toBe("500 credits for $5.00");
  expect(buyWords.offer(2000, 1900, "eur")).toBe("2,000 credits for €19.00");
});
