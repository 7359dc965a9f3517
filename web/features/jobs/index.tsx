"use client";
import dynamic from "next/dynamic";
import { setLayer, useLayer } from "@/parts/layers";
import { useAnnouncements } from "./announcements";

const Drawer = dynamic(() => import("./drawer"), { ssr: false });

/** The drawer of open jobs, and what is said aloud when one has ended. */
export function Jobs() {
  const isOpen = useLayer("jobs");
  useAnnouncements();
  return isOpen && <Drawer onClose={() => setLayer("jobs", false)} />;
}
