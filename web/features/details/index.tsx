"use client";
import dynamic from "next/dynamic";
import { places } from "@/words/en";

/** Loaded with the first that is opened: to look at the list nobody needs it. */
export const DetailsDialog = dynamic(() => import("./dialog"), { ssr: false });
/** Nothing of it is in the page's HTML: who may see it is known later. */
export const View = dynamic(() => import("./view"), {
  ssr: false,
  loading: () => <h1 className="sr-only">{places.generation}</h1>,
});
