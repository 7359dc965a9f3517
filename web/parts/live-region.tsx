import { useSyncExternalStore } from "react";

interface Said {
  readonly polite: string;
  readonly assertive: string;
}

const NOTHING: Said = { polite: "", assertive: "" };
/** The same words within this time are of one event, told by two who know of it. */
const SAME_MS = 1000;
let said = NOTHING;
let last = { text: "", at: 0 };
const listeners = new Set<() => void>();

/** Says it to screen readers. Assertive: only a refusal of what was just pressed. */
export function announce(text: string, how: keyof Said = "polite"): void {
  const now = Date.now();
  const isSame = last.text === text && now - last.at < SAME_MS;
  last = { text, at: now };
  if (isSame) return;
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
