"use client";
import dynamic from "next/dynamic";
import { useSearchParams } from "next/navigation";
import { Suspense, useEffect, useRef } from "react";
import { useUid } from "@/live/session";
import { useTemplates } from "@/live/templates";
import { Skeleton } from "@/parts/skeleton";
import { toast } from "@/parts/toasts";
import { editorWords as words } from "@/words/batches";
import { app } from "@/words/en";
import { rowsOf } from "./actions";
import { draftOf, usingTemplate } from "./copying";
import { newKey, useDraft } from "./use-draft";

// The draft is read meanwhile.
const editor = () => import("./editor").then(({ Editor }) => Editor);
const Editor = dynamic(editor, { ssr: false, loading: () => <Loading /> });

export function BatchEditor() {
  useEffect(() => void editor(), []);
  return (
    <Suspense fallback={<Loading />}>
      <Asked />
    </Suspense>
  );
}

/** The draft that the address names; what it asks for is put into it once, and can be taken back. */
function Asked() {
  const query = useSearchParams();
  const name = query.get("draft");
  const templateId = query.get("template");
  const copy = query.get("copy");
  const uid = useUid();
  const drafting = useDraft(uid, name ? `batch/${name}` : "batch");
  const { draft, change, undo } = drafting;
  const { value: templates } = useTemplates();
  const done = useRef<string>(undefined);
  const isReady = Boolean(draft && templates);

  useEffect(() => {
    const asked = copy ? `copy ${copy}` : templateId ? `template ${templateId}` : undefined;
    if (!isReady || !asked || done.current === asked || !templates) return;
    done.current = asked;
    // A reload then begins with the draft as it is by then, and not with the copy again.
    window.history.replaceState(null, "", `${window.location.pathname}${name ? `?draft=${name}` : ""}`);
    const undoable = () => toast({ text: words.replaced, action: { label: app.undo, run: undo } });
    if (copy) {
      const label = words.copied(query.get("name") ?? copy);
      rowsOf(copy).then(
        (rows) => {
          change(() => draftOf(label, rows, templates, newKey));
          undoable();
        },
        () => toast({ text: app.notShared, isError: true }),
      );
      return;
    }
    const template = templates.find(({ id }) => id === templateId);
    if (template)
      change((before) => (before.template?.id === templateId ? before : usingTemplate(before, template)));
    else toast({ text: app.notShared, isError: true });
  }, [isReady, templates, templateId, copy, name, query, change, undo]);

  return draft ? <Editor draft={draft} drafting={drafting} /> : <Loading />;
}

const ROWS = ["a", "b", "c", "d", "e", "f", "g", "h"];

function Loading() {
  return (
    <div className="flex flex-col gap-3 px-4 pt-4">
      <h1 className="text-page font-semibold">{words.title}</h1>
      <Skeleton className="h-8 w-64" />
      <div className="flex flex-col gap-1">
        {ROWS.map((row) => (
          <Skeleton key={row} className="h-8 w-full" />
        ))}
      </div>
    </div>
  );
}
