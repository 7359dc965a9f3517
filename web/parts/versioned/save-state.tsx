import type { Autosave } from "@/parts/autosave";
import { Button } from "@/parts/button";
import { Notice } from "@/parts/notice";
import { app, refusal } from "@/words/en";
import { shelfWords as words } from "@/words/shelf";

interface Props {
  readonly autosave: Pick<Autosave<unknown>, "state" | "version" | "failure" | "again">;
  /** What is missing before it can be saved. */
  readonly lacks: string | undefined;
  readonly onTakeTheirs: () => void;
}

/** Whether it is saved, and what to do where it was changed elsewhere. */
export function SaveState({ autosave, lacks, onTakeTheirs }: Props) {
  const { state, version, failure, again } = autosave;
  if (failure) {
    const theirs = failure.version ?? version + 1;
    return (
      <Notice
        tone="bad"
        actions={
          <>
            <Button look="link" onClick={again}>
              {state === "clash" ? words.keepMine(theirs + 1) : app.tryAgain}
            </Button>
            {state === "clash" && (
              <Button look="link" onClick={onTakeTheirs}>
                {words.takeTheirs(theirs)}
              </Button>
            )}
          </>
        }
      >
        {state === "clash" ? words.clash(theirs) : refusal(failure)}
      </Notice>
    );
  }
  const says =
    state === "saved" ? (version ? words.saved(version) : "") : lacks ? words.notWhole(lacks) : words.unsaved;
  return <p className="min-h-5 text-meta text-text3 tabular-nums">{says}</p>;
}
