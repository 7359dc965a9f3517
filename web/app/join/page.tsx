import type { Metadata } from "next";

export const metadata: Metadata = { title: "Join a team" };

export default function Page() {
  return <h1>Join a team</h1>;
}
