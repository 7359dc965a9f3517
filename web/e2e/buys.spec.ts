import { buyWords as words } from "@/words/buy";
import { expect, signedIn, test } from "./fixtures";

const OFFER = words.offer(500, 500, "usd");

test("credits are bought on the payment page, and are there when the buyer comes back", async ({
  page,
  watched,
}) => {
  await signedIn(page, "/account");
  await page.getByRole("button", { name: OFFER }).click();
  await page.getByRole("button", { name: "Pay", exact: true }).click();

  // Stripe sends the buyer back once it has told of the payment.
  await page.waitForURL(/purchase=/, { timeout: 120_000 });
  await expect(page.getByText(words.paid)).toBeVisible();
  // The welcome credits have come with the first call.
  await expect(page.getByRole("main").getByText("600", { exact: true })).toBeVisible();

  // The payment page is somebody else's, and the only one that is.
  const others = watched.foreign.filter((url) => !new URL(url).pathname.startsWith("/c/pay/"));
  watched.foreign.splice(0, Number.POSITIVE_INFINITY, ...others);
});

test("who leaves the payment page has bought nothing, and can choose anew", async ({ page, watched }) => {
  await signedIn(page, "/account");
  await page.getByRole("button", { name: OFFER }).click();
  await page.getByRole("link", { name: "Back" }).click();

  await expect(page.getByText(words.cancelled)).toBeVisible();
  await expect(page.getByRole("button", { name: OFFER })).toBeEnabled();
  watched.foreign.splice(0);
});
