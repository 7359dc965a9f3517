import type { Metadata } from "next";

export const metadata: Metadata = { title: "New batch" };

export default function Page() {
  return <h1>New batch</h1>;
}
