import type { Metadata } from "next";
import { View } from "@/features/details";
import { details } from "@/words/details";

export const metadata: Metadata = { title: details.screen };

export default function Page() {
  return <View />;
}
