// The one MediaForge of this page. Its code, and Firebase's, are loaded with the first call.
import type { MediaForge } from "@mediaforge/client";

let made: Promise<MediaForge> | undefined;

export function mediaForge(): Promise<MediaForge> {
  made ??= make().catch((error: unknown) => {
    made = undefined; // the network may be back the next time
    throw error;
  });
  return made;
}

async function make(): Promise<MediaForge> {
  const [{ connect }, { MediaForge }] = await Promise.all([
    import("@/features/session/firebase"),
    import("@mediaforge/client"),
  ]);
  const { app, emulators } = await connect();
  return new MediaForge(app, emulators ? { emulators } : {});
}

/** Starts to load what sign-in needs once the page has nothing better to do. */
export function connectWhenIdle(): void {
  const begin = () => void import("@/features/session/firebase").then(({ connect }) => connect());
  if ("requestIdleCallback" in window) requestIdleCallback(begin, { timeout: 2000 });
  else setTimeout(begin, 200);
}
