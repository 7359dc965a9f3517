import type { Metadata } from "next";

export const metadata: Metadata = { title: "Brands" };

export default function Page() {
  return <h1>Brands</h1>;
}
