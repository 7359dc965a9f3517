// The one MediaForge of this page. Its code, and Firebase's, are loaded with the first call.
import type { MediaForge } from "@mediaforge/client";
import { setReachable } from "./online";

const AGAIN_MS = 5000;
let made: Promise<MediaForge> | undefined;

export function mediaForge(): Promise<MediaForge> {
  made ??= make().catch((error: unknown) => {
    made = undefined; // the network may be back the next time
    throw error;
  });
  return made;
}

async function make(): Promise<MediaForge> {
  await idle();
  const [{ connect }, { MediaForge }] = await Promise.all([
    import("@/features/session/firebase"),
    import("@mediaforge/client"),
  ]);
  const { app, emulators } = await connect();
  return new MediaForge(app, emulators ? { emulators } : {});
}

/** The page is drawn and answers first: what it does not need for that comes after. */
function idle(): Promise<void> {
  return new Promise((resolve) => {
    if ("requestIdleCallback" in window) requestIdleCallback(() => resolve(), { timeout: 1000 });
    else setTimeout(resolve, 50);
  });
}

/** Starts to load what sign-in needs once the page has nothing better to do; tries again until it is there. */
export function connectWhenIdle(): void {
  void idle()
    .then(() => import("@/features/session/firebase"))
    .then(({ connect }) => connect())
    .then(
      () => setReachable(true),
      () => {
        setReachable(false);
        setTimeout(connectWhenIdle, AGAIN_MS);
      },
    );
}
