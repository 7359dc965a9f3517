// What is to be put into the prompt bar, wherever it comes from: a concept, a failed job, a template.
export interface Fill {
  readonly kind: "image" | "video";
  /** A request in the contract's words. */
  readonly request: Readonly<Record<string, unknown>>;
}

const listeners = new Set<(fill: Fill) => void>();

export function fillBar(fill: Fill): void {
  for (const listener of listeners) listener(fill);
}

export function onFill(listener: (fill: Fill) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
