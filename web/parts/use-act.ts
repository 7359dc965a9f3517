import { useRef, useState } from "react";
import { newRequestId } from "@/live/submit";
import { whyOf } from "./why";

/**
 * For a form that asks the backend for something: one asking at a time, and why the last one was refused.
 * `act` answers what came of it; undefined where it was refused, or another one is under way.
 */
export function useAct() {
  const [isBusy, setBusy] = useState(false);
  const [failed, setFailed] = useState<string>();
  const isActing = useRef(false); // known before the next frame: a double click asks once
  const act = async <T>(ask: () => Promise<T>): Promise<T | undefined> => {
    if (isActing.current) return undefined;
    isActing.current = true;
    setBusy(true);
    setFailed(undefined);
    try {
      return await ask();
    } catch (error) {
      setFailed(whyOf(error));
      return undefined;
    } finally {
      isActing.current = false;
      setBusy(false);
    }
  };
  return { isBusy, failed, act };
}

/** One id for one content: what is sent again after a lost answer is the same request, and done once. */
export function useRequestId(): (content: unknown) => string {
  const last = useRef({ content: "", id: "" });
  return (content) => {
    const now = JSON.stringify(content);
    if (last.current.content !== now) last.current = { content: now, id: newRequestId() };
    return last.current.id;
  };
}
