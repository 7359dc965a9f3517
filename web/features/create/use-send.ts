import { useCallback, useEffect, useRef, useState } from "react";
import { currentSettings } from "@/kept/settings";
import { forget, unsent, useUnsent } from "@/kept/unsent";
import { currentSession, onSession } from "@/live/session";
import { submit } from "@/live/submit";
import { setLayer } from "@/parts/layers";
import { announce } from "@/parts/live-region";
import { announce as words } from "@/words/en";
import { rememberPrompt } from "./prompt-box";
import type { Form } from "./use-form";

/** Sends what stands in the bar, and says what it lacks instead where it lacks something. */
export function useSend(form: Form, prompt: { readonly current: HTMLTextAreaElement | null }) {
  const [lacking, setLacking] = useState("");
  const [isWaiting, setWaiting] = useState(false);
  const { draft, request, payer, role, unready } = form;
  useEffect(() => setLacking((before) => (before && !unready ? "" : before)), [unready]);
  useWhatBecomes(form.price);
  const send = useCallback(() => {
    if (unready) {
      setLacking(unready);
      announce(unready, "assertive");
      return prompt.current?.focus();
    }
    // Known in a moment: then it goes on by itself. A press never does nothing.
    if (currentSession().status === "unknown") return setWaiting(true);
    if (!payer) return setLayer("signin", true);
    if (!request) return setWaiting(true);
    if (role === "viewer") return;
    for (const entry of unsent()) if (entry.refused) void forget(entry);
    if (!submit({ kind: draft.kind, payload: request, payer })) return;
    rememberPrompt(draft.prompt);
    if (currentSettings().selectAfterSend) prompt.current?.select();
  }, [unready, request, payer, role, draft, prompt]);
  const isReady = payer !== undefined && request !== undefined;
  useEffect(() => {
    if (!isWaiting) return;
    const goOn = () => {
      setWaiting(false);
      send();
    };
    if (isReady) return goOn();
    const look = () => currentSession().status === "out" && goOn();
    look();
    return onSession(look);
  }, [isWaiting, isReady, send]);
  return { send, lacking };
}

/** Says aloud that a submission was accepted. (Why it was refused, its notice says.) */
function useWhatBecomes(price: number | undefined): void {
  const entries = useUnsent();
  const said = useRef(new Set<string>());
  const held = useRef(price);
  held.current = price;
  useEffect(() => {
    for (const { requestId, path } of entries) {
      if (!path || said.current.has(requestId)) continue;
      said.current.add(requestId);
      announce(words.sent(held.current ?? 0));
    }
  }, [entries]);
}
