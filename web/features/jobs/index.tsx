"use client";
import dynamic from "next/dynamic";
import { useUid } from "@/live/session";
import { setLayer, useLayer } from "@/parts/layers";
import { useAnnouncements } from "./announcements";

const Drawer = dynamic(() => import("./drawer"), { ssr: false });
const BatchWatch = dynamic(() => import("./batch-watch"), { ssr: false });

/** The drawer of open jobs and batches, and what is said aloud when one has ended. */
export function Jobs() {
  const isOpen = useLayer("jobs");
  const uid = useUid();
  useAnnouncements();
  return (
    <>
      {uid && <BatchWatch key={uid} />}
      {isOpen && <Drawer onClose={() => setLayer("jobs", false)} />}
    </>
  );
}
