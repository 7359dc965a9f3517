import { type FormEvent, useRef, useState } from "react";
import { useCatalog } from "@/live/catalog";
import { usePayer } from "@/live/payer";
import { newRequestId, submit } from "@/live/submit";
import { setLayer } from "@/parts/layers";
import type { director as words } from "@/words/create";
import { refusal } from "@/words/en";
import { type Concept, direct } from "./actions";

export const COUNTS = [1, 2, 3, 4, 6, 8, 10] as const;
const COUNT = 4;

/** What the concepts are of; `any`: whatever suits the brief. */
export type Kind = keyof typeof words.kinds;

export type Director = ReturnType<typeof useDirector>;

/** What was asked and what came back; the same beside the bar and in a sheet. */
export function useDirector() {
  const payer = usePayer();
  const catalog = useCatalog().value;
  const [brief, setBrief] = useState("");
  const [count, setCount] = useState<number>(COUNT);
  const [kind, setKind] = useState<Kind>("any");
  const [charged, setCharged] = useState<number>();
  const [concepts, setConcepts] = useState<readonly Concept[]>([]);
  const [sent, setSent] = useState<ReadonlySet<Concept>>(new Set());
  const [isThinking, setThinking] = useState(false);
  const [failed, setFailed] = useState("");
  // Of a brief that got no answer: asked again, it is the same one and is charged once.
  const open = useRef({ asked: "", requestId: "" });
  const price = catalog?.models.find(({ id }) => id === catalog.defaults.text)?.priceCredits;

  const ask = async (event: FormEvent) => {
    event.preventDefault();
    if (!payer) return setLayer("signin", true);
    if (isThinking || !brief.trim()) return;
    const asked = JSON.stringify([brief, count, kind]);
    if (open.current.asked !== asked) open.current = { asked, requestId: newRequestId() };
    setThinking(true);
    setFailed("");
    setCharged(undefined);
    try {
      const found = await direct({
        brief: brief.trim(),
        count,
        kind: kind === "any" ? undefined : kind,
        requestId: open.current.requestId,
      });
      setConcepts(found.concepts);
      setSent(new Set());
      setCharged(found.credits.charged);
      open.current = { asked: "", requestId: "" };
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

  return {
    brief,
    setBrief,
    count,
    setCount,
    kind,
    setKind,
    ask,
    isThinking,
    failed,
    concepts,
    sent,
    generate,
    left,
    all,
    price,
    charged,
  };
}
