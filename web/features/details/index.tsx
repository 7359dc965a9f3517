"use client";
import dynamic from "next/dynamic";

/** Loaded with the first that is opened: to look at the list nobody needs it. */
export const DetailsDialog = dynamic(() => import("./dialog"), { ssr: false });
export const View = dynamic(() => import("./view"));
