import type { Metadata } from "next";

export const metadata: Metadata = { title: "Account" };

export default function Page() {
  return <h1>Account</h1>;
}
