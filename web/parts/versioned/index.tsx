"use client";
import { Suspense, useEffect } from "react";
import { useUid } from "@/live/session";
import type { Listed } from "@/live/versioned";
import type { Stored } from "@/parts/autosave";
import { FailureCard } from "@/parts/failure-card";
import { NEW, Shelf } from "@/parts/shelf";
import { Skeleton } from "@/parts/skeleton";
import { useShelf } from "@/parts/use-shelf";
import { app } from "@/words/en";
import { shelfWords } from "@/words/shelf";
import { VersionedEditor } from "./editor";
import type { Document, Form, Kind } from "./kind";
import { ReadOnly } from "./read-only";

export type { EditorProps, Kind } from "./kind";

interface Props<T extends Document, F extends Form, Fields> {
  readonly kind: Kind<T, F, Fields>;
}

/** The screen of documents with versions: their list, and the editor of what is open. */
export function VersionedScreen<T extends Document, F extends Form, Fields>(props: Props<T, F, Fields>) {
  return (
    <Suspense>
      <Screen {...props} />
    </Suspense>
  );
}

function Screen<T extends Document, F extends Form, Fields>({ kind }: Props<T, F, Fields>) {
  const { address, documents, empty, formOf, words } = kind;
  const uid = useUid();
  const { value: all, error } = documents.useAll();
  const { open, go, start, saved, begun } = useShelf<F>(address);
  const found = all?.find(({ id }) => id === open);
  const isOwn = found !== undefined && found.user_id === uid;
  const fresh = (value: F): Stored<F> => ({ value, id: undefined, version: 0 });
  const storedOf = (document: Listed<T>): Stored<F> => ({
    value: formOf(document),
    id: document.id,
    version: document.version,
  });
  const stored = begun?.stored ?? (isOwn ? storedOf(found) : undefined);
  // An address that asks for a new one begins it, as the button does.
  useEffect(() => {
    if (open === NEW && !begun) start(fresh(empty));
  });
  const takeTheirs = async (id: string) => {
    const theirs = await documents.read(id);
    if (theirs) start(storedOf(theirs));
  };
  return (
    <Shelf
      {...words}
      items={all?.map((each) => ({ ...each, whose: whose(each, uid) }))}
      failure={error}
      open={open}
      onOpen={(id) => (id === NEW ? start(fresh(empty)) : go(id))}
      onAgain={documents.readAgain}
    >
      {stored && uid ? (
        <VersionedEditor
          key={begun?.key ?? open}
          kind={kind}
          stored={stored}
          takesDraft={!begun || begun.stored.value === empty}
          onSaved={saved}
          onTakeTheirs={takeTheirs}
          onGone={() => go(undefined)}
        />
      ) : found ? (
        <ReadOnly
          key={found.id}
          kind={kind}
          id={found.id}
          form={formOf(found)}
          onCopy={(form) => start(fresh(form))}
        />
      ) : all && open !== NEW ? (
        <FailureCard failure={{ reason: "not-found", message: app.notShared }} />
      ) : (
        <Skeleton className="h-7 w-64" />
      )}
    </Shelf>
  );
}

function whose({ user_id, visibility }: Document, uid: string | undefined): string {
  if (user_id === uid && visibility === "private") return shelfWords.own;
  return visibility === "public" ? shelfWords.public : shelfWords.team;
}
