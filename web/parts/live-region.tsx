import { useSyncExternalStore } from "react";

interface Said {
  readonly polite: string;
  readonly assertive: string;
}

const NOTHING: Said = { polite: "", assertive: "" };
let said = NOTHING;
const listeners = new Set<() => void>();

/** Says it to screen readers. Assertive: only a refusal of what was just pressed. */
export function announce(text: string, how: keyof Said = "polite"): void {
  // The same words again are said again only where the text differs.
  const again = said[how] === text ? `${text}\u00a0` : text;
  said = { ...said, [how]: again };
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** In the first HTML, once: a region that is added with its words in it is often not read. */
export function LiveRegions() {
  const { polite, assertive } = useSyncExternalStore(
    subscribe,
    () => said,
    () => NOTHING,
  );
  return (
    <>
      <div aria-live="polite" className="sr-only">
        {polite}
      </div>
      <div aria-live="assertive" className="sr-only">
        {assertive}
      </div>
    </>
  );
}
