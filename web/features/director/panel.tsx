"use client";
import { type FormEvent, useRef, useState } from "react";
import { fillBar } from "@/kept/fill";
import { useCatalog } from "@/live/catalog";
import { usePayer } from "@/live/payer";
import { newRequestId, submit } from "@/live/submit";
import { Button } from "@/parts/button";
import { Area } from "@/parts/field";
import { setLayer } from "@/parts/layers";
import { Notice } from "@/parts/notice";
import { Skeleton } from "@/parts/skeleton";
import { director as words } from "@/words/create";
import { credits, refusal } from "@/words/en";
import { type Concept, direct } from "./actions";
import { ConceptCard } from "./concept-card";

const COUNT = 4;

export default function Panel() {
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

  return (
    <aside
      aria-labelledby="director"
      className="sticky top-0 hidden h-dvh w-80 shrink-0 flex-col gap-3 overflow-y-auto border-line border-l p-4 pt-6 desktop:flex"
    >
      <h2 id="director" className="font-semibold text-body">
        {words.title}
      </h2>
      <form onSubmit={(event) => void ask(event)} className="flex flex-col gap-2">
        <Area
          label={words.brief}
          hidesLabel
          placeholder={words.brief}
          rows={3}
          maxLength={2000}
          value={brief}
          onChange={(event) => setBrief(event.target.value)}
        />
        <Button
          type="submit"
          aria-label={price === undefined ? words.ask : words.askFor(price)}
          className="self-end"
        >
          {isThinking ? words.thinking : words.ask}
          <span className="text-text2 tabular-nums">{price}</span>
        </Button>
      </form>
      {failed && <Notice tone="bad">{failed}</Notice>}
      {isThinking && [0, 1, 2].map((n) => <Skeleton key={n} className="h-28 rounded-panel" />)}
      {!isThinking && concepts.length === 0 && !failed && (
        <p className="text-meta text-text3">{words.empty}</p>
      )}
      {!isThinking &&
        concepts.map((concept) => (
          <ConceptCard
            key={concept.title + concept.prompt}
            concept={concept}
            isSent={sent.has(concept)}
            onUse={() => fillBar({ kind: concept.kind, request: { ...concept } })}
            onGenerate={() => generate(concept)}
          />
        ))}
      {!isThinking && left.length > 1 && (
        <Button look="plain" onClick={() => left.forEach(generate)}>
          {words.all} <span className="text-text2 tabular-nums">{credits(all)}</span>
        </Button>
      )}
    </aside>
  );
}
