"use client";
import dynamic from "next/dynamic";

/** Beside the prompt bar on wide pages. Its code comes after the bar's. */
export const Director = dynamic(() => import("./panel"), {
  ssr: false,
  loading: () => <aside className="hidden w-80 shrink-0 border-line border-l desktop:block" />,
});
