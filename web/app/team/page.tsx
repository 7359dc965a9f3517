import type { Metadata } from "next";

export const metadata: Metadata = { title: "Team" };

export default function Page() {
  return <h1>Team</h1>;
}
