"use client";
import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { app } from "@/words/en";
import { IconButton } from "./icon-button";
import { announce } from "./live-region";

const SHOWN_MS = 1500;

/** Copies a text. `what` it is stands in its name. */
export function CopyButton({ text, what }: { readonly text: string; readonly what: string }) {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    announce(app.copied);
  };
  const Icon = isCopied ? Check : Copy;
  return (
    <IconButton label={`${app.copy}: ${what}`} onClick={() => void copy()} className="size-7">
      <Icon size={14} aria-hidden />
    </IconButton>
  );
}
