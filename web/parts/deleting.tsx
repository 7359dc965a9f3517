"use client";
import { useEffect, useState } from "react";
import { beginDeletion, commitDeletion, lastDeletion, undoDeletion, useDeletions } from "@/live/deletions";
import { app, refusal } from "@/words/en";
import { library as words } from "@/words/library";
import { LazyAlertDialog as AlertDialog } from "./lazy-dialog";
import { announce } from "./live-region";
import { toast } from "./toasts";

/** From so many on it is asked first, although it can be undone. */
const ASK_FROM = 21;

/** What takes each deletion's toast away, by its id: each is offered to be undone once. */
const offered = new Map<string, () => void>();

/** Offers to undo what waits to be deleted, also what waited when the page was loaded again. */
export function useUndoToasts(): void {
  const { waiting } = useDeletions();
  useEffect(() => {
    for (const { id, paths } of waiting) if (!offered.has(id)) offer(id, paths.length);
  }, [waiting]);
}

function offer(id: string, count: number): void {
  const close = toast({
    text: words.deleted(count),
    action: { label: app.undo, run: () => undo(id, count) },
    onGone: () => void commit(id),
  });
  offered.set(id, close);
}

function undo(id: string, count: number): void {
  if (!undoDeletion(id)) return;
  offered.get(id)?.();
  announce(words.undone(count));
}

/** Answers whether there was one. */
export function undoLastDeletion(): boolean {
  const last = lastDeletion();
  if (last) undo(last.id, last.paths.length);
  return last !== undefined;
}

async function commit(id: string): Promise<void> {
  const failure = await commitDeletion(id);
  if (!failure) return;
  if (failure.reason === "network") window.addEventListener("online", () => void commit(id), { once: true });
  else toast({ text: words.notDeleted(refusal(failure)), isError: true });
}

interface Asked {
  readonly paths: readonly string[];
  /** How many of them are favourites. */
  readonly favourites: number;
}

/** How things are deleted: at once and with Undo; many, and favourites, are asked about first. */
export function useDeleting(after: (paths: readonly string[]) => void) {
  const [asked, setAsked] = useState<Asked>();
  const [isOpen, setOpen] = useState(false);
  const begin = (paths: readonly string[]) => {
    beginDeletion(paths);
    announce(words.deleted(paths.length));
    after(paths);
  };
  const count = asked?.paths.length ?? 0;
  return {
    remove(paths: readonly string[], favourites: number) {
      if (paths.length < ASK_FROM && favourites === 0) return begin(paths);
      setAsked({ paths, favourites });
      setOpen(true);
    },
    question: asked && (
      <AlertDialog
        open={isOpen}
        onOpenChange={setOpen}
        title={words.confirmTitle(count)}
        body={words.confirmBody(asked.favourites)}
        keep={words.keep}
        confirm={words.confirm(count)}
        onConfirm={() => begin(asked.paths)}
      />
    ),
  };
}
