import { useState } from "react";
import { useComparison, useVotes } from "@/live/comparisons";
import type { Generation } from "@/live/generation";
import { useOnline } from "@/live/online";
import { useUid } from "@/live/session";
import { failureOf } from "@/live/store";
import { announce } from "@/parts/live-region";
import { toast } from "@/parts/toasts";
import { compare as words } from "@/words/compare";
import { details } from "@/words/details";
import { refusal } from "@/words/en";
import { type Choice, note, store, vote } from "./actions";
import type { Side } from "./pair";

interface Asked {
  readonly id: string | undefined;
  readonly left: Side | undefined;
  readonly right: Side | undefined;
  readonly views: { readonly left: Generation | undefined; readonly right: Generation | undefined };
  /** The comparison has an id from now on. */
  readonly onStored: (id: string) => void;
}

/** Votes and the note. The first of them stores the comparison. */
export function useKeeping({ id, left, right, views, onStored }: Asked) {
  const uid = useUid();
  const isOnline = useOnline();
  const { value: comparison } = useComparison(id);
  const votes = useVotes(id).value ?? [];
  const [isBusy, setBusy] = useState(false);
  const [pending, setPending] = useState<Choice>();

  const keep = async (write: (id: string) => Promise<void>) => {
    if (isBusy || !left || !right || !views.left || !views.right) return false;
    setBusy(true);
    try {
      const stored = id ?? (await store({ left, right }, { left: views.left, right: views.right }));
      if (!id) onStored(stored); // a second press, after a failed one, writes to the same
      await write(stored);
      return true;
    } catch (error) {
      toast({ text: words.notKept(refusal(failureOf(error))), isError: true });
      return false;
    } finally {
      setBusy(false);
    }
  };
  const count = (choice: Choice) => votes.filter((each) => each.choice === choice).length;
  return {
    own: pending ?? votes.find(({ user_id }) => user_id === uid)?.choice,
    counts: { left: count("left"), tie: count("tie"), right: count("right") },
    note: comparison?.note ?? "",
    whyNot: !isOnline ? details.needsLine : views.left && views.right ? undefined : words.gone,
    onVote: async (choice: Choice) => {
      setPending(choice);
      if (await keep((stored) => vote(stored, choice))) announce(words.voted);
      setPending(undefined);
    },
    onNote:
      id && comparison && comparison.user_id !== uid
        ? undefined
        : (text: string) => void keep((stored) => note(stored, text)),
  };
}
