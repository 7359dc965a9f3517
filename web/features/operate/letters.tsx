import { useState } from "react";
import { Button } from "@/parts/button";
import { useNow } from "@/parts/clock";
import { Empty } from "@/parts/empty";
import { toast } from "@/parts/toasts";
import { operateWords as words } from "@/words/operate";
import { type Inspected, type LetterShown, purgeLetter, replayLetter } from "./actions";
import { Decision } from "./decision";
import { ageOf, byCode } from "./reading";

interface Props {
  readonly seen: Inspected;
  readonly onAccount: (accountId: string) => void;
  readonly onChanged: () => void;
}

/** Jobs that spent their attempts or their time, the oldest first, until somebody has decided on them. */
export function Letters({ seen: { letters, deadLetters }, onAccount, onChanged }: Props) {
  if (letters === 0) return <Empty>{words.noLetters}</Empty>;
  return (
    <div className="flex flex-col gap-2">
      <p className="text-control text-text2">
        {words.letters(deadLetters.length, letters)}{" "}
        {byCode(deadLetters)
          .map(([code, count]) => `${code}: ${count}`)
          .join(", ")}
      </p>
      <ul aria-label={words.letterList} className="flex flex-col">
        {deadLetters.map((letter) => (
          <Letter key={letter.jobId} letter={letter} onAccount={onAccount} onChanged={onChanged} />
        ))}
      </ul>
    </div>
  );
}

interface LetterProps {
  readonly letter: LetterShown;
  readonly onAccount: (accountId: string) => void;
  readonly onChanged: () => void;
}

function Letter({ letter, onAccount, onChanged }: LetterProps) {
  const [asked, setAsked] = useState<"replay" | "purge">();
  const now = useNow();
  const { jobId, accountId, model, code, message, attempts, mayHaveBilled, createdAt } = letter;
  const replay = async (reason: string) => {
    const made = await replayLetter(jobId, reason);
    toast({ text: made ? words.replayedAs(made) : words.replayedRow });
    onChanged();
  };
  const purge = async (reason: string) => {
    await purgeLetter(jobId, reason);
    toast({ text: words.purged });
    onChanged();
  };
  return (
    <li className="flex flex-wrap items-start gap-x-4 gap-y-2 border-line border-b py-2 text-control">
      <span className="min-w-0 grow basis-64">
        <span className="block font-medium">{code}</span>
        <span className="block break-words text-text2">{message}</span>
        <span className="block break-all text-meta text-text3">
          {words.died(jobId, model, ageOf(createdAt, now))}
        </span>
        <span className="block text-meta text-text3">{words.tried(attempts, mayHaveBilled)}</span>
        <Button look="link" className="max-w-full justify-start" onClick={() => onAccount(accountId)}>
          <span className="truncate">{accountId}</span>
        </Button>
      </span>
      <span className="flex gap-2">
        <Button aria-label={words.replayOf(jobId)} onClick={() => setAsked("replay")}>
          {words.replay}
        </Button>
        <Button aria-label={words.purgeOf(jobId)} onClick={() => setAsked("purge")}>
          {words.purge}
        </Button>
      </span>
      {asked === "replay" && (
        <Decision
          title={words.replayOf(jobId)}
          body={words.replayBody}
          confirm={words.replay}
          onClose={() => setAsked(undefined)}
          onConfirm={replay}
        />
      )}
      {asked === "purge" && (
        <Decision
          title={words.purgeOf(jobId)}
          body={words.purgeBody}
          confirm={words.purge}
          isDanger
          onClose={() => setAsked(undefined)}
          onConfirm={purge}
        />
      )}
    </li>
  );
}
