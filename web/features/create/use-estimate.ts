import { useEffect, useState } from "react";
import { estimate } from "./actions";

const AFTER_MS = 800;

type Estimated = Awaited<ReturnType<typeof estimate>>;

export interface Estimate {
  readonly credits: number;
  readonly isReusable: boolean;
  readonly suggestion: Estimated["suggestions"][number] | undefined;
}

const known = new Map<string, Estimate>();

/** What the backend says of this request, a moment after its last change; undefined until then. */
export function useEstimate(
  kind: "image" | "video",
  request: Readonly<Record<string, unknown>> | undefined,
): Estimate | undefined {
  const key = request ? JSON.stringify([kind, request]) : "";
  const [, setVersion] = useState(0);
  useEffect(() => {
    if (!key || known.has(key)) return;
    const [of, sent] = JSON.parse(key) as [string, Record<string, unknown>];
    const timer = setTimeout(async () => {
      const answer = await estimate([{ ...sent, kind: of }]).catch(() => undefined); // the catalogue's price stays
      const item = answer?.items[0];
      if (!answer || !item || !("credits" in item)) return;
      known.set(key, {
        credits: item.credits,
        isReusable: item.reusable ?? false,
        suggestion: answer.suggestions.find(({ change }) => change !== null),
      });
      setVersion((n) => n + 1);
    }, AFTER_MS);
    return () => clearTimeout(timer);
  }, [key]);
  return known.get(key);
}
