import type { Metadata } from "next";

export const metadata: Metadata = { title: "Generation" };

export default function Page() {
  return <h1>Generation</h1>;
}
