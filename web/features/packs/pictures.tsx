import type { PackReference } from "@/live/packs";
import { announce } from "@/parts/live-region";
import { packWords as words } from "@/words/shelf";
import { withMoved } from "./form";
import { Picture } from "./picture";

type References = readonly PackReference[];

interface Props {
  readonly references: References;
  readonly onChange: (change: (before: References) => References) => void;
}

/** The pictures in the order in which the model sees them. */
export function Pictures({ references, onChange }: Props) {
  const move = (at: number, by: -1 | 1) => {
    if (withMoved(references, at, by) === references) return;
    onChange((before) => withMoved(before, at, by));
    announce(words.moved(at + by + 1));
  };
  return (
    <ol aria-label={words.pictures} className="flex flex-col gap-2">
      {references.map((reference, at) => (
        <Picture
          key={reference.path}
          reference={reference}
          at={at}
          isLast={at === references.length - 1}
          onMove={(by) => move(at, by)}
          onChange={(fields) =>
            onChange((before) => before.map((each, index) => (index === at ? { ...each, ...fields } : each)))
          }
          onRemove={() => onChange((before) => before.toSpliced(at, 1))}
          takes={(path) => references.every((each) => each.path !== path)}
        />
      ))}
    </ol>
  );
}
