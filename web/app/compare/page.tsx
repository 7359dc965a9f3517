import type { Metadata } from "next";

export const metadata: Metadata = { title: "Compare" };

export default function Page() {
  return <h1>Compare</h1>;
}
