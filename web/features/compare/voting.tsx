import { type FormEvent, useState } from "react";
import { Button } from "@/parts/button";
import { Area } from "@/parts/field";
import { LazyPopover as Popover } from "@/parts/lazy-popover";
import { compare as words } from "@/words/compare";
import type { Choice } from "./actions";

const CHOICES: readonly { choice: Choice; key: string }[] = [
  { choice: "left", key: "1" },
  { choice: "tie", key: "0" },
  { choice: "right", key: "2" },
];

interface Props {
  readonly own: Choice | undefined;
  readonly counts: Readonly<Record<Choice, number>>;
  readonly onVote: (choice: Choice) => void;
  readonly note: string;
  /** undefined: it is somebody else's, and can be read only. */
  readonly onNote: ((note: string) => void) | undefined;
  /** Why nothing can be kept now. */
  readonly whyNot: string | undefined;
}

export function Voting({ own, counts, onVote, note, onNote, whyNot }: Props) {
  const total = counts.left + counts.tie + counts.right;
  return (
    <div className="flex flex-wrap items-center gap-2">
      <fieldset className="flex flex-wrap gap-2">
        <legend className="sr-only">{words.vote}</legend>
        {CHOICES.map(({ choice, key }) => (
          <Button
            key={choice}
            look={own === choice ? "primary" : "plain"}
            aria-pressed={own === choice}
            aria-keyshortcuts={key}
            unavailable={whyNot}
            onClick={() => onVote(choice)}
          >
            {words.better[choice]}
          </Button>
        ))}
      </fieldset>
      <span className="text-control text-text2 tabular-nums">
        {total === 0 ? words.noVotes : words.votes(counts)}
      </span>
      <Note note={note} onNote={onNote} whyNot={whyNot} />
    </div>
  );
}

function Note({ note, onNote, whyNot }: Pick<Props, "note" | "onNote" | "whyNot">) {
  const [isOpen, setOpen] = useState(false);
  if (!onNote) return note ? <p className="text-control text-text2">{note}</p> : null;
  const save = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    onNote(String(new FormData(event.currentTarget).get("note") ?? ""));
    setOpen(false);
  };
  return (
    <>
      {note && <p className="max-w-80 truncate text-control text-text2">{note}</p>}
      <Popover
        label={words.note}
        open={isOpen}
        onOpenChange={setOpen}
        trigger={<Button unavailable={whyNot}>{words.note}</Button>}
      >
        <form onSubmit={save} className="flex w-72 flex-col gap-2 p-1">
          <Area label={words.noteLabel} name="note" defaultValue={note} maxLength={2000} rows={4} />
          <Button type="submit" look="primary" className="self-end">
            {words.noteSave}
          </Button>
        </form>
      </Popover>
    </>
  );
}
