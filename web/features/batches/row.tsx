import Link from "next/link";
import { type Batch, type BatchShare, hasEnded, type Listed, useBatch } from "@/live/batches";
import { BatchBar } from "@/parts/batch-bar";
import { isoOf } from "@/parts/batch-summary";
import { moment } from "@/parts/clock";
import { statusWords, listWords as words } from "@/words/batches";

const BOX =
  "flex min-h-16 items-center gap-4 rounded-panel border border-line bg-surface px-4 py-2 hover:bg-hover max-tablet:flex-wrap max-tablet:gap-y-1";

export function BatchRow({ batch }: { readonly batch: Batch }) {
  const { id, name, status, counts, credits, owner_name, created_at, scheduled_at } = batch;
  const when =
    scheduled_at && status === "queued" ? words.scheduled(moment(isoOf(scheduled_at))) : statusWords[status];
  return (
    <Link href={`/batch?id=${id}`} className={BOX}>
      <span className="min-w-0 grow basis-48">
        <span className="block truncate font-medium text-body">{name}</span>
        <span className="block truncate text-meta text-text2">
          {when}
          {owner_name ? ` · ${words.by(owner_name)}` : ""} · {moment(isoOf(created_at))}
        </span>
      </span>
      <span className="w-64 max-tablet:w-full">
        <BatchBar counts={counts} status={status} />
        <span className="mt-1 block text-meta text-text2 tabular-nums">{words.counts(counts)}</span>
      </span>
      <span className="w-20 text-end text-control tabular-nums">
        {words.charged(hasEnded(batch) ? credits.charged : credits.estimated)}
      </span>
    </Link>
  );
}

/** How a batch has ended that the list knows as running. */
export function EndedRow({ batch }: { readonly batch: Batch }) {
  return <BatchRow batch={useBatch(batch.id).value ?? batch} />;
}

export function ShareRow({ share }: { readonly share: Listed<BatchShare> }) {
  return (
    <Link href={`/batch?id=${share.batch_id}`} className={BOX}>
      <span className="min-w-0 grow">
        <span className="block truncate font-medium text-body">{share.batch_name || words.unnamed}</span>
        <span className="block text-meta text-text2">
          {share.role === "commenter" ? words.mayComment : words.mayLook} · {moment(isoOf(share.created_at))}
        </span>
      </span>
    </Link>
  );
}
