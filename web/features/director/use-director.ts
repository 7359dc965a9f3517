import { type FormEvent, useRef, useState } from "react";
import { useCatalog } from "@/live/catalog";
import { usePayer } from "@/live/payer";
import { newRequestId, submit } from "@/live/submit";
import { setLayer } from "@/parts/layers";
import { refusal } from "@/words/en";
import { type Concept, direct } from "./actions";

const COUNT = 4;

export type Director = ReturnType<typeof useDirector>;

/** What was asked and what came back; the same beside the bar and in a sheet. */
export function useDirector() {
  const payer = usePayer();
  const catalog = useCatalog().value;
  const [brief, setBrief] = useState("");
  const [concepts, setConcepts] = useState<readonly Concept[]>([]);
  const [sent, setSent] = useState<ReadonlySet<Concept>>(new Set());
  const [isThinking, setThinking] = useState(false);
  const [failed, setFailed] = useState("");
  // Of a brief that got no answer: asked again, it is the same one and is charged once.
  const open = useRef({ brief: "", requestId: "" });
  const price = catalog?.models.find(({ id }) => id === catalog.defaults.text)?.priceCredits;

  const ask = async (event: FormEvent) => {
    event.preventDefault();
    if (!payer) return setLayer("signin", true);
    if (isThinking || !brief.trim()) return;
    if (open.current.brief !== brief) open.current = { brief, requestId: newRequestId() };
    setThinking(true);
    setFailed("");
    try {
      const found = await direct({ brief: brief.trim(), count: COUNT, requestId: open.current.requestId });
      setConcepts(found.concepts);
      setSent(new Set());
      open.current = { brief: "", requestId: "" };
    } catch (error) {
      setFailed(refusal(error as { reason: string; message: string }));
    } finally {
      setThinking(false);
    }
  };
  const generate = (concept: Concept) => {
    if (!payer) return;
    const { kind, ...request } = concept;
    const payload = { ...request, ...(payer.teamId && { teamId: payer.teamId }) };
    submit({ kind, payload, payer });
    setSent((before) => new Set(before).add(concept));
  };
  const left = concepts.filter((each) => !sent.has(each));
  const all = left.reduce((sum, { estimatedCredits }) => sum + estimatedCredits, 0);

  return { brief, setBrief, ask, isThinking, failed, concepts, sent, generate, left, all, price };
}
