"use client";
import { Ellipsis } from "lucide-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { useSession } from "@/live/session";
import { Button } from "@/parts/button";
import { cx } from "@/parts/cx";
import { setLayer, useLayer } from "@/parts/layers";
import { app, places as placeWords, shell as words } from "@/words/en";
import { isAt, OWN_PLACES, PLACES, type Place } from "./places";

const Own = dynamic(() => import("./own"), { ssr: false });
const MoreSheet = dynamic(() => import("./more-sheet"), { ssr: false });

export function TopBar() {
  const pathname = usePathname();
  const session = useSession();
  const here = [...PLACES, ...OWN_PLACES].find((place) => isAt(place, pathname));
  return (
    <header className="sticky top-0 z-30 flex h-12 items-center border-line border-b bg-bg pl-4 [@media(max-height:420px)]:static tablet:hidden">
      <span className="mr-auto font-semibold text-body">{here?.label ?? app.name}</span>
      {session.status === "in" && <Own user={session.user} isSmall />}
      {session.status === "out" && (
        <Button look="link" className="mr-3" onClick={() => setLayer("signin", true)}>
          {words.signIn}
        </Button>
      )}
    </header>
  );
}

export function BottomBar() {
  const pathname = usePathname();
  const isMore = useLayer("more");
  const others = PLACES.slice(3);
  const item = "flex h-14 flex-1 flex-col items-center justify-center gap-0.5 text-[0.6875rem]";
  const link = (place: Place) => {
    const { href, label, icon: Icon } = place;
    const isHere = isAt(place, pathname);
    return (
      <Link
        key={href}
        href={href}
        aria-current={isHere ? "page" : undefined}
        className={cx(item, isHere ? "font-medium text-accent-text" : "text-text2")}
      >
        <Icon size={20} strokeWidth={1.75} aria-hidden />
        {label}
      </Link>
    );
  };
  return (
    <nav
      aria-label={words.navigation}
      className="fixed inset-x-0 bottom-0 z-30 flex border-line border-t bg-bg pb-[env(safe-area-inset-bottom)] tablet:hidden"
    >
      {PLACES.slice(0, 3).map(link)}
      <button
        type="button"
        onClick={() => setLayer("more", true)}
        className={cx(
          item,
          others.some((place) => isAt(place, pathname)) ? "text-accent-text" : "text-text2",
        )}
      >
        <Ellipsis size={20} strokeWidth={1.75} aria-hidden />
        {placeWords.more}
      </button>
      {isMore && <MoreSheet places={others} />}
    </nav>
  );
}
