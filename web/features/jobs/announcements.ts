import { useEffect, useRef } from "react";
import { type Generation, kindOf } from "@/live/generation";
import { useEnded } from "@/live/jobs";
import { announce } from "@/parts/live-region";
import { failure, announce as words } from "@/words/en";

const GATHER_MS = 5000;

/** Says what has ended, five seconds' worth at a time. */
export function useAnnouncements(): void {
  const ended = useEnded();
  const said = useRef(0);
  useEffect(() => {
    const n = ended.length;
    if (n <= said.current) {
      said.current = n; // somebody else has signed in
      return;
    }
    const timer = setTimeout(() => {
      const fresh = ended.slice(0, n - said.current);
      said.current = n;
      const text = sentence(fresh);
      if (text) announce(text);
    }, GATHER_MS);
    return () => clearTimeout(timer);
  }, [ended]);
}

export function sentence(ended: readonly Generation[]): string {
  const made = ended.filter(({ status }) => status === "completed");
  const pictures = made.filter((each) => kindOf(each) === "image");
  const images = pictures.reduce((sum, { count, missing }) => sum + count - (missing ?? 0), 0);
  const videos = made.filter((each) => kindOf(each) === "video").length;
  const failed = ended.filter(({ status }) => status === "failed");
  const last = failed[0];
  return [
    (images > 0 || videos > 0) && words.ready(images, videos),
    last && words.failed(failed.length, failure(last.error, last.attempts, last.credits.charged).says),
  ]
    .filter(Boolean)
    .join(". ");
}
