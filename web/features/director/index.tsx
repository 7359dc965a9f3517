"use client";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useLayer } from "@/parts/layers";
import { useIsDesktop } from "@/parts/media";

const Panel = dynamic(() => import("./panel"), { ssr: false, loading: Place });

/** Beside the prompt bar on wide pages, elsewhere when it is opened. Its code comes after the bar's. */
export function Director() {
  const isDesktop = useIsDesktop();
  const isOpen = useLayer("director");
  const [wasShown, setShown] = useState(false);
  const isShown = isDesktop || isOpen;
  if (isShown && !wasShown) setShown(true);
  return isShown || wasShown ? <Panel /> : <Place />;
}

function Place() {
  return <aside className="hidden w-80 shrink-0 border-line border-l desktop:block" />;
}
