import type { Metadata } from "next";
import { Batches } from "@/features/batches";

export const metadata: Metadata = { title: "Batches" };

export default function Page() {
  return <Batches />;
}
