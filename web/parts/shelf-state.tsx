import { useState } from "react";
import { refusal } from "@/words/en";
import { shelfWords as words } from "@/words/shelf";
import type { Autosave } from "./autosave";
import { Button } from "./button";
import { LazyAlertDialog as AlertDialog } from "./lazy-dialog";
import { Notice } from "./notice";

interface StateProps {
  readonly autosave: Autosave<object>;
  /** What is missing before it can be saved. */
  readonly lacks: string | undefined;
  readonly onTakeTheirs: () => void;
}

/** Whether it is saved, and what to do where two have changed it. */
export function SaveState({ autosave, lacks, onTakeTheirs }: StateProps) {
  const { state, version, failure, again } = autosave;
  if (state === "clash")
    return (
      <Notice
        tone="bad"
        actions={
          <>
            <Button look="link" onClick={again}>
              {words.keepMine}
            </Button>
            <Button look="link" onClick={onTakeTheirs}>
              {words.takeTheirs}
            </Button>
          </>
        }
      >
        {words.clash}
      </Notice>
    );
  if (state === "failed" && failure)
    return (
      <Notice
        tone="bad"
        actions={
          <Button look="link" onClick={again}>
            {words.keepMine}
          </Button>
        }
      >
        {refusal(failure)}
      </Notice>
    );
  const says =
    state === "saved" ? (version ? words.saved(version) : "") : lacks ? words.notWhole(lacks) : words.unsaved;
  return <p className="min-h-5 text-meta text-text3 tabular-nums">{says}</p>;
}

interface DeleteProps {
  readonly name: string;
  readonly onDelete: () => void;
}

export function DeleteButton({ name, onDelete }: DeleteProps) {
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <Button look="quiet" onClick={() => setAsking(true)}>
        {words.delete}
      </Button>
      <AlertDialog
        open={isAsking}
        onOpenChange={setAsking}
        title={words.deleteTitle(name)}
        body={words.deleteBody}
        keep={words.keep}
        confirm={words.delete}
        onConfirm={onDelete}
      />
    </>
  );
}
