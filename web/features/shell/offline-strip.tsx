"use client";
import { CloudOff } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useOnline, useReachable } from "@/live/online";
import { announce } from "@/parts/live-region";
import { app } from "@/words/en";

const AFTER_MS = 3000;

/** After three seconds without a line: a train's tunnel is not worth a word. */
export function OfflineStrip() {
  const hasLine = useOnline();
  const isReachable = useReachable();
  const isOnline = hasLine && isReachable;
  const says = hasLine ? app.unreachable : app.offline;
  const [isShown, setShown] = useState(false);
  const wasShown = useRef(false);
  useEffect(() => {
    if (isOnline) {
      setShown(false);
      if (wasShown.current) announce(app.online);
      wasShown.current = false;
      return;
    }
    const timer = setTimeout(() => {
      setShown(true);
      wasShown.current = true;
      announce(says);
    }, AFTER_MS);
    return () => clearTimeout(timer);
  }, [isOnline, says]);
  if (!isShown) return null;
  return (
    <p className="flex items-center justify-center gap-2 border-line border-b bg-wait-tint px-4 py-1.5 text-control text-text">
      <CloudOff size={16} aria-hidden className="text-wait" />
      {says}
    </p>
  );
}
