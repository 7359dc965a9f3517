"use client";
import { fillBar } from "@/kept/fill";
import { Button } from "@/parts/button";
import { Choice } from "@/parts/choice";
import { Dialog } from "@/parts/dialog";
import { Area } from "@/parts/field";
import { setLayer, useLayer } from "@/parts/layers";
import { Notice } from "@/parts/notice";
import { Skeleton } from "@/parts/skeleton";
import { director as words } from "@/words/create";
import { credits } from "@/words/en";
import { ConceptCard } from "./concept-card";
import { COUNTS, type Director, type Kind, useDirector } from "./use-director";

const KINDS: readonly Kind[] = ["any", "image", "video"];

/** Beside the bar where there is room, else in a sheet. */
export default function Panel() {
  const director = useDirector();
  const isOpen = useLayer("director");
  const close = () => setLayer("director", false);
  return (
    <>
      <aside
        aria-labelledby="director"
        className="sticky top-0 hidden h-dvh w-80 shrink-0 flex-col gap-3 overflow-y-auto border-line border-l p-4 pt-6 desktop:flex"
      >
        <h2 id="director" className="font-semibold text-body">
          {words.title}
        </h2>
        <Body director={director} onUsed={() => {}} />
      </aside>
      <Dialog open={isOpen} onOpenChange={close} title={words.title} shape="sheet" className="h-[92dvh]">
        <div className="flex flex-col gap-3">
          <Body director={director} onUsed={close} />
        </div>
      </Dialog>
    </>
  );
}

function Body({ director, onUsed }: { readonly director: Director; readonly onUsed: () => void }) {
  const { brief, setBrief, ask, isThinking, failed, concepts, sent, generate, left, all, price, charged } =
    director;
  return (
    <>
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
        <div className="flex flex-wrap items-center gap-1.5">
          <Choice
            label={words.count}
            value={String(director.count)}
            options={COUNTS.map((n) => ({ value: String(n), label: words.ideas(n) }))}
            onChange={(value) => director.setCount(Number(value))}
          />
          <Choice
            label={words.kind}
            value={director.kind}
            options={KINDS.map((each) => ({ value: each, label: words.kinds[each] }))}
            onChange={(value) => director.setKind(value as Kind)}
          />
          <Button
            type="submit"
            aria-label={price === undefined ? words.ask : words.askFor(price)}
            className="ml-auto"
          >
            {isThinking ? words.thinking : words.ask}
            <span className="text-text2 tabular-nums">{price}</span>
          </Button>
        </div>
      </form>
      {failed && <Notice tone="bad">{failed}</Notice>}
      {isThinking && [0, 1, 2].map((n) => <Skeleton key={n} className="h-28 rounded-panel" />)}
      {!isThinking && concepts.length === 0 && !failed && (
        <p className="text-meta text-text3">{words.empty}</p>
      )}
      {charged !== undefined && (
        <p role="status" className="text-meta text-text3 tabular-nums">
          {words.charged(charged)}
        </p>
      )}
      {!isThinking &&
        concepts.map((concept) => (
          <ConceptCard
            key={concept.title + concept.prompt}
            concept={concept}
            isSent={sent.has(concept)}
            onUse={() => {
              fillBar({ kind: concept.kind, request: { ...concept } });
              onUsed();
            }}
            onGenerate={() => generate(concept)}
          />
        ))}
      {!isThinking && left.length > 1 && (
        <Button look="plain" onClick={() => left.forEach(generate)}>
          {words.all} <span className="text-text2 tabular-nums">{credits(all)}</span>
        </Button>
      )}
    </>
  );
}
