import { useState } from "react";
import { Button } from "@/parts/button";
import { Choice } from "@/parts/choice";
import { Dialog } from "@/parts/dialog";
import { editorWords as words } from "@/words/batches";
import { FIELDS } from "./columns";
import { guessed, type Headed, type Meaning } from "./headers";
import { titleOf } from "./sheet";

interface Props {
  readonly table: Headed;
  readonly onTake: (meanings: readonly Meaning[]) => void;
  readonly onClose: () => void;
}

/** Asks what the columns mean whose names nobody knows. */
export default function MappingDialog({ table, onTake, onClose }: Props) {
  const [meanings, setMeanings] = useState<readonly Meaning[]>(table.meanings);
  const unknown = table.headers.flatMap((header, at) =>
    table.meanings[at] === undefined && header.trim() ? [{ header, at }] : [],
  );
  const choicesFor = (header: string) => {
    const guess = guessed(header);
    return [
      { value: "", label: words.leaveOut },
      ...(guess ? [{ value: guess, label: titleOf(guess) }] : []),
      ...FIELDS.map((field) => ({ value: field as string, label: titleOf(field) })),
    ];
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={words.mapTitle}
      footer={
        <Button look="primary" onClick={() => onTake(meanings)}>
          {words.mapDo}
        </Button>
      }
    >
      <p className="mb-3 text-body text-text2">{words.mapLead}</p>
      <ul className="flex flex-col gap-2">
        {unknown.map(({ header, at }) => (
          <li key={header} className="flex items-center gap-3 text-control">
            <span className="grow truncate">{words.mapTo(header)}</span>
            <Choice
              label={header}
              value={meanings[at] ?? ""}
              options={choicesFor(header)}
              onChange={(value) => setMeanings(meanings.with(at, value || null))}
            />
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
