"use client";
import { CloudOff } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useOnline } from "@/live/online";
import { announce } from "@/parts/live-region";
import { app } from "@/words/en";

const AFTER_MS = 3000;

/** After three seconds without a line: a train's tunnel is not worth a word. */
export function OfflineStrip() {
  const isOnline = useOnline();
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
      announce(app.offline);
    }, AFTER_MS);
    return () => clearTimeout(timer);
  }, [isOnline]);
  if (!isShown) return null;
  return (
    <p className="flex items-center justify-center gap-2 border-line border-b bg-wait-tint px-4 py-1.5 text-control text-text">
      <CloudOff size={16} aria-hidden className="text-wait" />
      {app.offline}
    </p>
  );
}
