"use client";
import dynamic from "next/dynamic";
import { usePathname, useSelectedLayoutSegment } from "next/navigation";
import { type ReactNode, Suspense, useMemo } from "react";
import { useSession } from "@/live/session";
import { setLayer, useLayer } from "@/parts/layers";
import { LazyDialog as Dialog } from "@/parts/lazy-dialog";
import { Skeleton } from "@/parts/skeleton";
import { session as words } from "@/words/en";
import { CardShell } from "./card-shell";

const SignInCard = dynamic(() => import("./sign-in-card").then(({ SignInCard }) => SignInCard), {
  ssr: false,
  loading: Beginning,
});

/** Pages that have something for whoever is signed out. */
const OPEN = ["/", "/signin", "/join"];
/** As Next calls the page of addresses that are not there. */
const NOWHERE = "/_not-found";

/**
 * The page; or the sign-in in its place, and then the page at the same address. The HTML has both: until the session
 * is known, public/theme.js and styles/theme.css show the one that is most probably right.
 */
export function Gate({ children }: { readonly children: ReactNode }) {
  const { status } = useSession();
  const pathname = usePathname();
  const segment = useSelectedLayoutSegment();
  const isOpen = OPEN.includes(pathname) || segment === NOWHERE;
  // A boundary of its own: the page comes to life after the shell, piece by piece; and where the sign-in takes its
  // place, not at all.
  const page = useMemo(() => <Suspense>{children}</Suspense>, [children]);
  if (status === "out" && !isOpen) {
    return (
      <div className="px-4 py-12">
        <h1 className="sr-only">{words.needed}</h1>
        <SignInCard />
      </div>
    );
  }
  const isUnknown = status === "unknown" && !isOpen;
  return (
    <>
      {isUnknown && (
        <div className="newcomers px-4 py-12">
          <Beginning />
        </div>
      )}
      <div className={isUnknown ? "members contents" : "contents"}>{page}</div>
    </>
  );
}

function Beginning() {
  return (
    <CardShell>
      {["a", "b", "c", "d"].map((line) => (
        <Skeleton key={line} className="h-control" />
      ))}
    </CardShell>
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
