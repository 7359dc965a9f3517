"use client";
import { usePathname } from "next/navigation";
import type { ReactNode } from "react";
import { useSession } from "@/live/session";
import { Dialog } from "@/parts/dialog";
import { setLayer, useLayer } from "@/parts/layers";
import { session as words } from "@/words/en";
import { SignInCard } from "./sign-in-card";

/** Pages that have something for whoever is signed out. */
const OPEN = ["/", "/signin"];

/** The page; or the sign-in in its place, and then the page at the same address. */
export function Gate({ children }: { readonly children: ReactNode }) {
  const session = useSession();
  const pathname = usePathname();
  if (session.status !== "out" || OPEN.includes(pathname)) return children;
  return (
    <div className="px-4 py-12">
      <h1 className="sr-only">{words.needed}</h1>
      <SignInCard />
    </div>
  );
}

/** Over a page that works signed out, when something needs a user. */
export function SignInDialog() {
  const isOpen = useLayer("signin");
  const session = useSession();
  const close = (open: boolean) => setLayer("signin", open);
  return (
    <Dialog
      open={isOpen && session.status !== "in"}
      onOpenChange={close}
      title={words.title}
      hidesTitle
      className="border-0 bg-transparent shadow-none"
    >
      <SignInCard onDone={() => close(false)} />
    </Dialog>
  );
}
