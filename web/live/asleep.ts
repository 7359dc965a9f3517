// A page that nobody has looked at for five minutes listens to nothing. Where something runs, it waits for its end.
import { unsent } from "@/kept/unsent";
import { fallAsleep, isAnythingBusy, wakeUp } from "./store";

const AFTER_MS = 5 * 60_000;
const AGAIN_MS = 60_000;

/** Returns what ends it. */
export function sleepWhenHidden(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const rest = () => {
    const isSending = unsent().some(({ path, refused }) => !path && !refused);
    if (isSending || isAnythingBusy()) timer = setTimeout(rest, AGAIN_MS);
    else fallAsleep();
  };
  const follow = () => {
    clearTimeout(timer);
    if (document.visibilityState === "hidden") timer = setTimeout(rest, AFTER_MS);
    else wakeUp();
  };
  document.addEventListener("visibilitychange", follow);
  follow();
  return () => {
    document.removeEventListener("visibilitychange", follow);
    clearTimeout(timer);
    wakeUp();
  };
}
