import type { Metadata } from "next";
import { BatchEditor } from "@/features/batch-editor";

export const metadata: Metadata = { title: "New batch" };

export default function Page() {
  return <BatchEditor />;
}
