import type { Metadata } from "next";

export const metadata: Metadata = { title: "Sign in" };

export default function Page() {
  return <h1>Sign in</h1>;
}
