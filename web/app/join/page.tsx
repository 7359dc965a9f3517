import type { Metadata } from "next";
import { Join } from "@/features/join";

export const metadata: Metadata = { title: "Join a team" };

export default function Page() {
  return <Join />;
}
