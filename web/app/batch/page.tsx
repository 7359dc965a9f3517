import type { Metadata } from "next";

export const metadata: Metadata = { title: "Batch" };

export default function Page() {
  return <h1>Batch</h1>;
}
