import type { Metadata } from "next";

export const metadata: Metadata = { title: "Packs" };

export default function Page() {
  return <h1>Packs</h1>;
}
