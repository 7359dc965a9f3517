"use client";
import dynamic from "next/dynamic";
import { usePathname, useRouter } from "next/navigation";
import { type ReactNode, useEffect, useRef } from "react";
import { currentSettings } from "@/kept/settings";
import { startLive } from "@/live/start";
import { keepFocus } from "@/parts/keep-focus";
import { listenToKeys, useShortcuts } from "@/parts/keys";
import { setLayer, useLayer } from "@/parts/layers";
import { LiveRegions } from "@/parts/live-region";
import { focusHeading } from "@/parts/return-focus";
import { useToasts } from "@/parts/toasts";
import { app } from "@/words/en";
import { OfflineStrip } from "./offline-strip";
import { BottomBar, TopBar } from "./phone-bars";
import { OWN_PLACES, PLACES } from "./places";
import { Rail } from "./rail";

const CommandMenu = dynamic(() => import("./command-menu"), { ssr: false });
const ShortcutsDialog = dynamic(() => import("./shortcuts-dialog"), { ssr: false });
const Toaster = dynamic(() => import("@/parts/toaster"), { ssr: false });

/** What is around every page: navigation, keys, what is said to screen readers. */
export function Shell({ children, layers }: { readonly children: ReactNode; readonly layers: ReactNode }) {
  const isAsking = useLayer("commands");
  const isHelping = useLayer("shortcuts");
  const hasToasts = useToasts().length > 0;
  useEffect(startLive, []);
  useEffect(keepFocus, []);
  useEffect(() => listenToKeys(() => currentSettings().singleKeys), []);
  useGlobalShortcuts();
  useFocusOnPage();
  return (
    <>
      <a
        href="#main"
        className="fixed top-2 left-2 z-50 -translate-y-16 rounded-control bg-accent px-3 py-2 text-control text-on-accent focus:translate-y-0"
      >
        {app.skip}
      </a>
      <LiveRegions />
      <div className="flex min-h-dvh">
        <Rail />
        <div className="flex min-w-0 flex-1 flex-col max-tablet:pb-[calc(56px+env(safe-area-inset-bottom))]">
          <TopBar />
          <OfflineStrip />
          <main id="main" tabIndex={-1} className="min-w-0 flex-1 outline-none">
            {children}
          </main>
        </div>
      </div>
      <BottomBar />
      {layers}
      {isAsking && <CommandMenu onClose={() => setLayer("commands", false)} />}
      {isHelping && <ShortcutsDialog onClose={() => setLayer("shortcuts", false)} />}
      {hasToasts && <Toaster />}
    </>
  );
}

function useGlobalShortcuts(): void {
  const router = useRouter();
  const goTo = Object.fromEntries(
    [...PLACES, ...OWN_PLACES].map(({ id, href }) => [id, () => router.push(href)]),
  );
  useShortcuts({
    ...goTo,
    jobs: () => setLayer("jobs", true),
    commands: () => setLayer("commands", true),
    shortcuts: () => setLayer("shortcuts", true),
  });
}

/** A new page begins at its heading, for the keyboard and for screen readers; not the first one. */
function useFocusOnPage(): void {
  const pathname = usePathname();
  const before = useRef(pathname);
  useEffect(() => {
    if (before.current === pathname) return;
    before.current = pathname;
    focusHeading();
  }, [pathname]);
}
