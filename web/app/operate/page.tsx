import type { Metadata } from "next";
import { Operate } from "@/features/operate";

export const metadata: Metadata = { title: "Operations" };

export default function Page() {
  return <Operate />;
}
