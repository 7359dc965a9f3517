import type { Metadata } from "next";
import { Brands } from "@/features/brands";

export const metadata: Metadata = { title: "Brands" };

export default function Page() {
  return <Brands />;
}
