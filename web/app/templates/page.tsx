import type { Metadata } from "next";

export const metadata: Metadata = { title: "Templates" };

export default function Page() {
  return <h1>Templates</h1>;
}
