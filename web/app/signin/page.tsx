import type { Metadata } from "next";
import { Suspense } from "react";
import { Landing } from "@/features/session";

export const metadata: Metadata = { title: "Sign in" };

export default function Page() {
  return (
    <Suspense>
      <h1 className="sr-only">Sign in</h1>
      <Landing />
    </Suspense>
  );
}
