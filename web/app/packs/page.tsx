import type { Metadata } from "next";
import { Packs } from "@/features/packs";

export const metadata: Metadata = { title: "Packs" };

export default function Page() {
  return <Packs />;
}
