"use client";
import dynamic from "next/dynamic";
import { usePathname, useSelectedLayoutSegment } from "next/navigation";
import type { ReactNode } from "react";
import { useSession } from "@/live/session";
import { setLayer, useLayer } from "@/parts/layers";
import { session as words } from "@/words/en";

const SignInCard = dynamic(() => import("./sign-in-card").then(({ SignInCard }) => SignInCard), {
  ssr: false,
});
const Dialog = dynamic(() => import("@/parts/dialog").then(({ Dialog }) => Dialog), { ssr: false });

/** Pages that have something for whoever is signed out. */
const OPEN = ["/", "/signin", "/join"];
/** As Next calls the page of addresses that are not there. */
const NOWHERE = "/_not-found";

/** The page; or the sign-in in its place, and then the page at the same address. */
export function Gate({ children }: { readonly children: ReactNode }) {
  const session = useSession();
  const pathname = usePathname();
  const segment = useSelectedLayoutSegment();
  const isOpen = OPEN.includes(pathname) || segment === NOWHERE;
  if (session.status !== "out" || isOpen) return children;
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
  if (!isOpen || session.status === "in") return null;
  return (
    <Dialog
      open
      onOpenChange={close}
      title={words.title}
      hidesTitle
      className="border-0 bg-transparent shadow-none"
    >
      <SignInCard onDone={() => close(false)} />
    </Dialog>
  );
}
