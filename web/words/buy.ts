/** What is said where credits are bought. */
import { credits } from "./en";

const price = (cents: number, currency: string) =>
  new Intl.NumberFormat("en", { style: "currency", currency: currency.toUpperCase() }).format(cents / 100);

export const buyWords = {
  title: "Buy credits",
  forTeam: "They are for the team, which pays now.",
  offer: (n: number, cents: number, currency: string) => `${credits(n)} for ${price(cents, currency)}`,
  opening: "Opening the payment page…",
  where: "You pay on a page of Stripe’s and come back here.",
  viewer: "A team’s credits are bought by its editors and owners.",
  offline: "You are offline.",
  paid: "Thank you. Your credits are added as soon as the payment has arrived, mostly within seconds.",
  cancelled: "Nothing was bought.",
} as const;
