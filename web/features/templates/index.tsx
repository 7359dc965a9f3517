"use client";
import { Suspense } from "react";
import { useUid } from "@/live/session";
import { type ListedTemplate, readTemplatesAgain, useTemplates } from "@/live/templates";
import type { Stored } from "@/parts/autosave";
import { Button } from "@/parts/button";
import { FailureCard } from "@/parts/failure-card";
import { Notice } from "@/parts/notice";
import { NEW, Shelf } from "@/parts/shelf";
import { Skeleton } from "@/parts/skeleton";
import { useShelf } from "@/parts/use-shelf";
import { app } from "@/words/en";
import { shelfWords, templateWords as words } from "@/words/shelf";
import { read } from "./actions";
import { TemplateEditor } from "./editor";
import { EMPTY, formOf, type TemplateForm } from "./form";

export function Templates() {
  return (
    <Suspense>
      <Screen />
    </Suspense>
  );
}

const fresh = (value: TemplateForm): Stored<TemplateForm> => ({ value, id: undefined, version: 0 });
const storedOf = (template: ListedTemplate): Stored<TemplateForm> => ({
  value: formOf(template),
  id: template.id,
  version: template.version,
});

function Screen() {
  const uid = useUid();
  const { value: all, error } = useTemplates();
  const { open, go, start, saved, begun, n } = useShelf<TemplateForm>("/templates");
  const found = all?.find(({ id }) => id === open);
  const isOwn = found !== undefined && found.user_id === uid;
  const stored = begun ?? (isOwn ? storedOf(found) : open === NEW ? fresh(EMPTY) : undefined);
  return (
    <Shelf
      {...words}
      items={all?.map((each) => ({ ...each, whose: whose(each, uid) }))}
      failure={error}
      open={open}
      onOpen={(id) => (id === NEW ? start(fresh(EMPTY)) : go(id))}
      onAgain={readTemplatesAgain}
    >
      {stored ? (
        <TemplateEditor
          key={begun ? n : open}
          stored={stored}
          onSaved={saved}
          onTakeTheirs={(id) => void read(id).then((theirs) => theirs && start(storedOf(theirs)))}
          onGone={() => go(undefined)}
        />
      ) : found ? (
        <ReadOnly template={found} onCopy={(form) => start(fresh(form))} />
      ) : all ? (
        <FailureCard failure={{ reason: "not-found", message: app.notShared }} />
      ) : (
        <Skeleton className="h-7 w-64" />
      )}
    </Shelf>
  );
}

function whose({ user_id, visibility }: ListedTemplate, uid: string | undefined): string {
  if (user_id === uid && visibility === "private") return shelfWords.own;
  return visibility === "public" ? shelfWords.public : shelfWords.team;
}

interface ReadOnlyProps {
  readonly template: ListedTemplate;
  readonly onCopy: (form: TemplateForm) => void;
}

function ReadOnly({ template, onCopy }: ReadOnlyProps) {
  const form = formOf(template);
  const name = shelfWords.copyOf(form.name).slice(0, 80);
  return (
    <div className="flex max-w-2xl flex-col gap-3">
      <h2 className="text-section font-semibold">{form.name}</h2>
      <Notice
        actions={
          <Button
            look="link"
            onClick={() => onCopy({ ...form, name, visibility: "private", teamId: undefined })}
          >
            {shelfWords.copy}
          </Button>
        }
      >
        {shelfWords.of(form.visibility === "team" ? shelfWords.teams : shelfWords.everybodys)}
      </Notice>
      <p className="whitespace-pre-wrap text-prompt">{form.prompt}</p>
    </div>
  );
}
