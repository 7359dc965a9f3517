"use client";
import { Lock } from "lucide-react";
import Link from "next/link";
import { lazy, Suspense, useState } from "react";
import { readBatchAgain } from "@/live/batches";
import { controlBatch } from "@/live/control";
import { useOnline } from "@/live/online";
import { Empty } from "@/parts/empty";
import { FailureCard } from "@/parts/failure-card";
import { announce } from "@/parts/live-region";
import { Notice } from "@/parts/notice";
import { Skeleton } from "@/parts/skeleton";
import { useTitle } from "@/parts/title";
import { runWords as words } from "@/words/batches";
import { refusal } from "@/words/en";
import { Comments } from "./comments";
import { type Act, Head } from "./head";
import { Rows } from "./rows";
import { type Address, useAddress } from "./use-address";
import { useJoin } from "./use-join";
import { useRun } from "./use-run";

// By the first row that is opened.
const RowPanel = lazy(() => import("./row-panel"));

export function BatchRun() {
  return (
    <Suspense fallback={<Loading />}>
      <Asked />
    </Suspense>
  );
}

function Asked() {
  const address = useAddress();
  const isJoining = useJoin(address.id);
  if (!address.id) return <Locked />;
  if (isJoining) return <Loading />;
  return <Shown id={address.id} address={address} />;
}

function Shown({ id, address }: { readonly id: string; readonly address: Address }) {
  const run = useRun(id);
  const { batch, rows, mayControl, mayComment } = run;
  const isOnline = useOnline();
  const [busy, setBusy] = useState<Act>();
  const [refused, setRefused] = useState<string>();
  useTitle(batch?.name, words.title);

  if (run.isGone) return <Locked />;
  if (run.failure && !batch) return <FailureCard failure={run.failure} onAgain={() => readBatchAgain(id)} />;
  if (!batch) return <Loading />;
  const unavailable = isOnline ? undefined : words.offline;
  const act = (action: Act) => {
    setBusy(action);
    setRefused(undefined);
    controlBatch({ batchId: id, action })
      .catch((error: Parameters<typeof refusal>[0]) => {
        setRefused(refusal(error));
        announce(refusal(error), "assertive");
      })
      .finally(() => setBusy(undefined));
  };
  const open = address.row === undefined ? undefined : rows?.[address.row];
  const common = { mayComment, mayControl, unavailable };
  return (
    <div className="flex flex-col gap-4 px-4 py-4">
      {run.isGuest && <Notice>{words.guest(batch.owner_name ?? words.someone, mayComment)}</Notice>}
      <Head
        batch={batch}
        rows={rows ?? []}
        mayControl={mayControl}
        mayExport={run.mayExport}
        busy={busy}
        onAct={act}
        unavailable={unavailable}
      />
      {refused && <Notice tone="bad">{refused}</Notice>}
      {(!isOnline || run.failure) && run.asOf && (
        <Notice>{words.asOf(new Date(run.asOf).toLocaleTimeString("en-GB", { timeStyle: "short" }))}</Notice>
      )}
      <div className="grid gap-6 desktop:grid-cols-[1fr_280px]">
        <Rows
          batch={batch}
          rows={rows}
          address={address}
          onRetry={mayControl && batch.status !== "cancelled" ? () => act("retryFailed") : undefined}
          isRetrying={busy === "retryFailed"}
          unavailable={unavailable}
        />
        <aside>
          <Comments batchId={id} {...common} onRow={address.openRow} />
        </aside>
      </div>
      {open && (
        <Suspense>
          <RowPanel
            key={open.index}
            batch={batch}
            row={open}
            {...common}
            onRow={address.openRow}
            onClose={address.closeRow}
          />
        </Suspense>
      )}
    </div>
  );
}

function Locked() {
  return (
    <>
      <h1 className="sr-only">{words.title}</h1>
      <Empty
        icon={<Lock size={20} aria-hidden className="text-text3" />}
        action={
          <Link href="/batches" className="text-accent-text underline">
            {words.toBatches}
          </Link>
        }
      >
        {words.locked}
      </Empty>
    </>
  );
}

const TILES = Array.from({ length: 12 }, (_, at) => at);

function Loading() {
  return (
    <div className="flex flex-col gap-4 px-4 py-4">
      <h1 className="sr-only">{words.title}</h1>
      <Skeleton className="h-24 w-full" />
      <div className="grid grid-cols-[repeat(auto-fill,minmax(96px,1fr))] gap-1 tablet:grid-cols-[repeat(auto-fill,128px)]">
        {TILES.map((tile) => (
          <Skeleton key={tile} className="aspect-square w-full" />
        ))}
      </div>
    </div>
  );
}
