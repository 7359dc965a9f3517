// What runs as long as the page is open: the sign-in, and the sending of what is kept.
import { openUnsent } from "@/kept/unsent";
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
  const stops = [onSession(follow), startSending()];
  return () => {
    for (const stop of stops) stop();
  };
}
