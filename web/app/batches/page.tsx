import type { Metadata } from "next";

export const metadata: Metadata = { title: "Batches" };

export default function Page() {
  return <h1>Batches</h1>;
}
