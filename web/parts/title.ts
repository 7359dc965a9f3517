// The page's title: `(3) Lighthouse · Library · MediaForge`, with the number of open jobs.
import { useEffect } from "react";
import { app } from "@/words/en";

let count = 0;

function show(title: string): void {
  const plain = title.replace(/^\(\d+\) /, "");
  document.title = count > 0 ? `(${count}) ${plain}` : plain;
}

/** What the screen shows, from the thing to the screen; empty ones are left out. */
export function useTitle(...parts: (string | undefined)[]): void {
  const title = [...parts.filter(Boolean), app.name].join(" · ");
  useEffect(() => show(title), [title]);
}

export function setTitleCount(n: number): void {
  count = n;
  show(document.title);
}
