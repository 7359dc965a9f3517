"use client";
import Link from "next/link";
import { Suspense } from "react";
import { type ListedPack, readPacksAgain, usePacks } from "@/live/packs";
import { useUid } from "@/live/session";
import type { Stored } from "@/parts/autosave";
import { FailureCard } from "@/parts/failure-card";
import { Notice } from "@/parts/notice";
import { NEW, Shelf } from "@/parts/shelf";
import { Skeleton } from "@/parts/skeleton";
import { useShelf } from "@/parts/use-shelf";
import { app } from "@/words/en";
import { shelfWords, packWords as words } from "@/words/shelf";
import { read } from "./actions";
import { PackEditor } from "./editor";
import { EMPTY, formOf, type PackForm } from "./form";

export function Packs() {
  return (
    <Suspense>
      <Screen />
    </Suspense>
  );
}

const fresh = (value: PackForm): Stored<PackForm> => ({ value, id: undefined, version: 0 });
const storedOf = (pack: ListedPack): Stored<PackForm> => ({
  value: formOf(pack),
  id: pack.id,
  version: pack.version,
});

function Screen() {
  const uid = useUid();
  const { value: all, error } = usePacks();
  const { open, go, start, saved, begun, n } = useShelf<PackForm>("/packs");
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
      onAgain={readPacksAgain}
    >
      {stored ? (
        <PackEditor
          key={begun ? n : open}
          stored={stored}
          onSaved={saved}
          onTakeTheirs={(id) => void read(id).then((theirs) => theirs && start(storedOf(theirs)))}
          onGone={() => go(undefined)}
        />
      ) : found ? (
        <ReadOnly pack={found} />
      ) : all ? (
        <FailureCard failure={{ reason: "not-found", message: app.notShared }} />
      ) : (
        <Skeleton className="h-7 w-64" />
      )}
    </Shelf>
  );
}

function whose({ user_id, visibility }: ListedPack, uid: string | undefined): string {
  if (user_id === uid && visibility === "private") return shelfWords.own;
  return visibility === "public" ? shelfWords.public : shelfWords.team;
}

interface ReadOnlyProps {
  readonly pack: ListedPack;
}

/** A pack's pictures are its writer's uploads: nobody else can copy them, but all who read it may use it. */
function ReadOnly({ pack }: ReadOnlyProps) {
  const form = formOf(pack);
  return (
    <div className="flex max-w-2xl flex-col gap-3">
      <h2 className="text-section font-semibold">{form.name}</h2>
      <Notice
        actions={
          <Link href={`/?pack=${pack.id}`} className="font-medium text-accent-text hover:underline">
            {words.use}
          </Link>
        }
      >
        {shelfWords.of(form.visibility === "team" ? shelfWords.teams : shelfWords.everybodys)}
      </Notice>
      <ol className="flex flex-col gap-1 text-control text-text2">
        {form.references.map(({ path, caption, mode }, at) => (
          <li key={path}>
            {words.picture(at + 1)} · {words.modes[mode]}
            {caption ? ` · ${caption}` : ""}
          </li>
        ))}
      </ol>
    </div>
  );
}
