"use client";
import dynamic from "next/dynamic";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { useSession } from "@/live/session";
import { Button } from "@/parts/button";
import { cx } from "@/parts/cx";
import { setLayer } from "@/parts/layers";
import { app, shell as words } from "@/words/en";
import { isAt, PLACES } from "./places";

const Own = dynamic(() => import("./own"), { ssr: false });

/** At the left of wide pages; on narrower ones its words are tooltips. */
export function Rail() {
  const pathname = usePathname();
  const session = useSession();
  return (
    <nav
      aria-label={words.navigation}
      className="sticky top-0 hidden h-dvh w-14 shrink-0 flex-col overflow-y-auto border-line border-r px-2 py-3 tablet:flex desktop:w-52"
    >
      <Link href="/" className="flex h-control items-center gap-2 px-3 font-semibold text-body">
        <Mark />
        <span className="hidden desktop:inline">{app.name}</span>
      </Link>
      <ul className="mt-3 flex flex-col gap-0.5">
        {PLACES.map((place) => {
          const { href, label, icon: Icon } = place;
          const isHere = isAt(place, pathname);
          return (
            <li key={href}>
              <Link
                href={href}
                aria-current={isHere ? "page" : undefined}
                title={label}
                className={cx(
                  "flex h-control items-center gap-3 rounded-control px-2.5 text-control transition-colors duration-120",
                  isHere ? "bg-hover font-medium text-text" : "text-text2 hover:bg-hover hover:text-text",
                )}
              >
                <Icon size={20} strokeWidth={1.75} aria-hidden className="shrink-0" />
                <span className="max-desktop:sr-only">{label}</span>
              </Link>
            </li>
          );
        })}
      </ul>
      <div className="mt-auto flex min-h-44 flex-col justify-end gap-0.5">
        {session.status === "in" && <Own user={session.user} />}
        {session.status === "out" && (
          <Button
            look="plain"
            className="max-desktop:px-0 max-desktop:text-meta"
            onClick={() => setLayer("signin", true)}
          >
            {words.signIn}
          </Button>
        )}
      </div>
    </nav>
  );
}

function Mark() {
  return (
    <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden className="shrink-0">
      <path
        d="M1.5 14V2.5L8 9l6.5-6.5V14"
        fill="none"
        stroke="currentColor"
        strokeWidth="2.2"
        strokeLinejoin="round"
      />
    </svg>
  );
}
