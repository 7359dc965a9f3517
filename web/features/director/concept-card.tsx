import { Button } from "@/parts/button";
import { director as words } from "@/words/create";
import { credits } from "@/words/en";
import type { Concept } from "./actions";

interface Props {
  readonly concept: Concept;
  readonly isSent: boolean;
  readonly onUse: () => void;
  readonly onGenerate: () => void;
}

export function ConceptCard({ concept, isSent, onUse, onGenerate }: Props) {
  const { title, prompt, aspectRatio, kind, estimatedCredits } = concept;
  return (
    <article className="flex flex-col gap-1 rounded-panel border border-line bg-surface p-3">
      <h3 className="font-semibold text-control">{title}</h3>
      <p className="line-clamp-4 text-control text-text2">{prompt}</p>
      <p className="text-meta text-text3 tabular-nums">
        {aspectRatio} · {kind}
      </p>
      <div className="flex gap-3">
        <Button look="link" onClick={onUse}>
          {words.use}
        </Button>
        {isSent ? (
          <span className="inline-flex h-control items-center text-control text-text3">{words.sent}</span>
        ) : (
          <Button look="link" onClick={onGenerate}>
            {words.generate} · {credits(estimatedCredits)}
          </Button>
        )}
      </div>
    </article>
  );
}
