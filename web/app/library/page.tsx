import type { Metadata } from "next";
import { library } from "@/words/library";
import { Screen } from "./screen";

export const metadata: Metadata = { title: library.title };

export default function Page() {
  return <Screen />;
}
