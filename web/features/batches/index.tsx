"use client";
import { Plus } from "lucide-react";
import Link from "next/link";
import { useSearchParams } from "next/navigation";
import { ToggleGroup } from "radix-ui";
import { Suspense } from "react";
import { type Batch, hasEnded, isShare, useOpenBatches, type Whose } from "@/live/batches";
import { usePayer } from "@/live/payer";
import { Button } from "@/parts/button";
import { FailureCard } from "@/parts/failure-card";
import { Skeleton } from "@/parts/skeleton";
import { listWords as words } from "@/words/batches";
import { app } from "@/words/en";
import { Example } from "./example";
import { BatchRow, EndedRow, ShareRow } from "./row";
import { usePages } from "./use-pages";

export function Batches() {
  return (
    <Suspense>
      <List />
    </Suspense>
  );
}

const ALL: readonly Whose[] = ["mine", "team", "shared"];

function List() {
  const payer = usePayer();
  const asked = useSearchParams().get("whose");
  const offered = ALL.filter((whose) => whose !== "team" || payer?.teamId);
  const whose = offered.find((each) => each === asked) ?? (payer?.teamId ? "team" : "mine");
  const pages = usePages(whose, payer?.teamId, payer?.uid);
  // Those that run are listened to, all by one query; the others have ended and stay as they are.
  const { value: running } = useOpenBatches();
  const open = new Map(running?.map((batch) => [batch.id, batch]));
  const rowOf = (batch: Batch) => {
    const now = open.get(batch.id);
    if (now) return <BatchRow batch={now} />;
    // It was running when the list was read, and is not any more.
    return running && !hasEnded(batch) ? <EndedRow batch={batch} /> : <BatchRow batch={batch} />;
  };
  const { items, failure } = pages;
  return (
    <div className="mx-auto flex max-w-[960px] flex-col gap-4 px-4 py-4">
      <header className="flex flex-wrap items-center gap-2">
        <h1 tabIndex={-1} className="me-auto text-page font-semibold">
          {words.title}
        </h1>
        <Link
          href="/templates"
          className="inline-flex h-control items-center rounded-control px-2.5 font-medium text-control text-text2 hover:bg-hover"
        >
          {words.templates}
        </Link>
        <NewBatch />
      </header>
      <ToggleGroup.Root
        type="single"
        value={whose}
        aria-label={words.whose}
        className="flex gap-1"
        onValueChange={(to) => to && window.history.pushState(null, "", `/batches?whose=${to}`)}
      >
        {offered.map((each) => (
          <ToggleGroup.Item
            key={each}
            value={each}
            className="h-control rounded-full border border-control px-3 text-control data-[state=on]:border-accent-text data-[state=on]:bg-tint data-[state=on]:text-accent-text"
          >
            {words[each]}
          </ToggleGroup.Item>
        ))}
      </ToggleGroup.Root>
      {items?.length === 0 && whose === "mine" && <Example action={<NewBatch />} />}
      {items?.length === 0 && whose !== "mine" && (
        <p className="py-12 text-center text-text2">
          {whose === "team" ? words.emptyTeam : words.emptyShared}
        </p>
      )}
      <ul className="flex flex-col gap-2">
        {items?.map((item) => (
          <li key={isShare(item) ? item.batch_id : item.id}>
            {isShare(item) ? <ShareRow share={item} /> : rowOf(item)}
          </li>
        ))}
        {pages.isLoading &&
          !items &&
          ["a", "b", "c"].map((row) => <Skeleton key={row} className="h-16 w-full" />)}
      </ul>
      {failure && !items && <FailureCard failure={failure} onAgain={pages.again} />}
      {failure && items && (
        <p className="text-center text-control text-text2">
          {words.moreFailed}{" "}
          <Button look="link" onClick={pages.again}>
            {app.tryAgain}
          </Button>
        </p>
      )}
      {items && items.length > 0 && !pages.isEnd && !failure && (
        <Button className="self-center" disabled={pages.isLoading} onClick={() => void pages.more()}>
          {words.more}
        </Button>
      )}
    </div>
  );
}

function NewBatch() {
  return (
    <Link
      href="/batches/new"
      className="inline-flex h-control items-center gap-1.5 rounded-control bg-accent px-3.5 font-semibold text-control text-on-accent hover:bg-accent-hover"
    >
      <Plus size={16} aria-hidden />
      {words.fresh}
    </Link>
  );
}
