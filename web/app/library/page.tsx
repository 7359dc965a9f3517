import type { Metadata } from "next";

export const metadata: Metadata = { title: "Library" };

export default function Page() {
  return <h1>Library</h1>;
}
