import type { Metadata } from "next";
import { Compare } from "@/features/compare";
import { compare } from "@/words/compare";

export const metadata: Metadata = { title: compare.title };

export default function Page() {
  return <Compare />;
}
