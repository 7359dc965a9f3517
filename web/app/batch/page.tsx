import type { Metadata } from "next";
import { BatchRun } from "@/features/batch-run";

export const metadata: Metadata = { title: "Batch" };

export default function Page() {
  return <BatchRun />;
}
