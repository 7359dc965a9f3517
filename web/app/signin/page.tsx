import type { Metadata } from "next";
import { Suspense } from "react";
import { Landing } from "@/features/session";
import { shell } from "@/words/en";

export const metadata: Metadata = { title: shell.signIn };

export default function Page() {
  return (
    <Suspense>
      <h1 className="sr-only">{shell.signIn}</h1>
      <Landing />
    </Suspense>
  );
}
