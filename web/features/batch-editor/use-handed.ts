import { useEffect, useRef } from "react";
import { takeRows } from "@/kept/handed";
import { toast } from "@/parts/toasts";
import { editorWords as words } from "@/words/batches";
import { app } from "@/words/en";
import { type Draft, emptyDraft, isBlank } from "./draft";
import { newKey } from "./use-draft";

/** Takes the lines that were pasted on the create page. What was in the draft makes room, and can be had back. */
export function useHanded(
  draft: Draft,
  change: (how: (draft: Draft) => Draft) => void,
  appendText: (text: string) => void,
): void {
  const text = useRef<string>(undefined);
  const isAsked = useRef(false);
  useEffect(() => {
    if (!isAsked.current) text.current = takeRows();
    isAsked.current = true;
    if (text.current === undefined) return;
    if (!isEmpty(draft)) {
      const undo = () => change(() => draft);
      change(() => emptyDraft(newKey)); // and then it comes here once more
      toast({ text: words.replaced, action: { label: app.undo, run: undo } });
      return;
    }
    appendText(text.current);
    text.current = undefined;
  }, [draft, change, appendText]);
}

function isEmpty({ rows, template }: Draft): boolean {
  return template === undefined && rows.every(isBlank);
}
