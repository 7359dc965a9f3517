// What runs as long as the page is open: the sign-in, the sending of what is kept, and the rest of a hidden page.
import { openUnsent } from "@/kept/unsent";
import { sleepWhenHidden } from "./asleep";
import { connectWhenIdle } from "./client";
import { startSending } from "./sender";
import { currentUid, onSession } from "./session";

/** Returns what ends it. */
export function startLive(): () => void {
  connectWhenIdle();
  let uid: string | undefined;
  const follow = () => {
    if (currentUid() === uid) return;
    uid = currentUid();
    void openUnsent(uid);
  };
  follow();
  const stops = [onSession(follow), startSending(), sleepWhenHidden()];
  return () => {
    for (const stop of stops) stop();
  };
}
