import { useSyncExternalStore } from "react";

/** Whether the page is as wide or as narrow as this query says; in its HTML it is not. */
function createMedia(text: string): () => boolean {
  const subscribe = (listener: () => void) => {
    const query = matchMedia(text);
    query.addEventListener("change", listener);
    return () => query.removeEventListener("change", listener);
  };
  return () =>
    useSyncExternalStore(
      subscribe,
      () => matchMedia(text).matches,
      () => false,
    );
}

/** As `max-tablet:` of the styles has it. */
export const useIsPhone = createMedia("(max-width: 719.98px)");
/** As `tablet:` has it: the opposite, but not known before the page is alive. */
export const useIsWide = createMedia("(min-width: 720px)");
/** As `desktop:` has it. */
export const useIsDesktop = createMedia("(min-width: 1100px)");
