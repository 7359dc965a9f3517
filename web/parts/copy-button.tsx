"use client";
import { Check, Copy, Link } from "lucide-react";
import { useEffect, useState } from "react";
import { app } from "@/words/en";
import { IconButton } from "./icon-button";
import { announce } from "./live-region";

const SHOWN_MS = 1500;

/** Copies a text. `what` it is stands in its name. */
export function CopyButton({ text, what }: { readonly text: string; readonly what: string }) {
  const { isCopied, copy } = useCopying();
  const Icon = isCopied ? Check : Copy;
  return (
    <IconButton label={`${app.copy}: ${what}`} onClick={() => void copy(text)} className="size-7">
      <Icon size={14} aria-hidden />
    </IconButton>
  );
}

/** Copies the whole address of a page of ours; without `address`, of this one. */
export function CopyLink({ label, address }: { readonly label: string; readonly address?: string }) {
  const { isCopied, copy } = useCopying();
  const Icon = isCopied ? Check : Link;
  const whole = () => new URL(address ?? window.location.href, window.location.origin).href;
  return (
    <IconButton label={label} onClick={() => void copy(whole())}>
      <Icon size={16} aria-hidden />
    </IconButton>
  );
}

export function useCopying() {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = async (text: string) => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    announce(app.copied);
  };
  return { isCopied, copy };
}
