import { ChevronLeft, ChevronRight, Pencil, Repeat2 } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { type Batch, type BatchRow, hasEnded } from "@/live/batches";
import { Button } from "@/parts/button";
import { Dialog } from "@/parts/dialog";
import { useAgainAddress, viewAddress } from "@/parts/generation-address";
import { IconButton } from "@/parts/icon-button";
import { columnWords, runWords as words } from "@/words/batches";
import { failure } from "@/words/en";
import { Comments } from "./comments";
import { EditRow } from "./edit-row";
import { promptOf } from "./tile";

interface Props {
  readonly batch: Batch;
  readonly row: BatchRow;
  readonly mayControl: boolean;
  readonly mayComment: boolean;
  readonly unavailable: string | undefined;
  readonly onRow: (index: number) => void;
  readonly onClose: () => void;
}

const LINK =
  "inline-flex h-control items-center gap-1.5 rounded-control border border-control px-3 font-medium text-control hover:bg-hover";

/** One row: what was made, of what, and what can be done about it. */
export default function RowPanel({ batch, row, mayControl, mayComment, unavailable, onRow, onClose }: Props) {
  const [isEditing, setEditing] = useState(false);
  const { index, status, path } = row;
  const last = batch.counts.total - 1;
  const mayEdit = mayControl && (status === "failed" || (status === "queued" && !hasEnded(batch)));
  return (
    <Dialog
      open
      onOpenChange={onClose}
      shape="right"
      modal={false}
      title={isEditing ? words.editTitle(index + 1) : words.row(index + 1)}
      actions={
        <>
          <IconButton label={words.previous} disabled={index === 0} onClick={() => onRow(index - 1)}>
            <ChevronLeft size={16} aria-hidden />
          </IconButton>
          <IconButton label={words.next} disabled={index === last} onClick={() => onRow(index + 1)}>
            <ChevronRight size={16} aria-hidden />
          </IconButton>
        </>
      }
    >
      {isEditing ? (
        <EditRow key={row.index} row={row} onDone={() => setEditing(false)} />
      ) : (
        <div className="flex flex-col gap-4">
          <Made row={row} />
          <p className="text-control text-text2 tabular-nums">
            {words.statuses[status]} · {words.attempt(row.attempt)} ·{" "}
            {words.price(
              status === "queued" || status === "processing" ? row.credits.estimated : row.credits.charged,
            )}
          </p>
          <Request row={row} />
          <div className="flex flex-wrap gap-2">
            {mayEdit && (
              <Button
                icon={<Pencil size={16} aria-hidden />}
                unavailable={unavailable}
                onClick={() => setEditing(true)}
              >
                {status === "failed" ? words.editAgain : words.edit}
              </Button>
            )}
            {path && (
              <Link href={useAgainAddress(path)} className={LINK}>
                <Repeat2 size={16} aria-hidden />
                {words.useAgain}
              </Link>
            )}
            {path && status === "completed" && (
              <Link href={viewAddress(path)} className={LINK}>
                {words.open}
              </Link>
            )}
          </div>
          <Comments batchId={batch.id} row={index} {...{ mayComment, mayControl, unavailable }} />
        </div>
      )}
    </Dialog>
  );
}

function Made({ row }: { readonly row: BatchRow }) {
  const { generation_data: made, error } = row;
  if (error)
    return (
      <p className="rounded-control bg-bad-tint px-3 py-2 text-control">
        {failure(error, row.attempt, row.credits.charged).says}
      </p>
    );
  if (!made) return null;
  if (made.video_url)
    return (
      <video
        controls
        muted
        preload="metadata"
        poster={made.thumbnail_urls[0]}
        src={made.video_url}
        className="w-full rounded-picture bg-sunken"
      />
    );
  return (
    <div className="flex flex-col gap-1">
      {made.image_urls.map((url, at) => (
        <img
          key={made.storage_paths[at]}
          src={url}
          alt={promptOf(row)}
          loading="lazy"
          decoding="async"
          className="w-full rounded-picture bg-sunken"
        />
      ))}
    </div>
  );
}

const HIDDEN = ["variables", "kind", "references", "referencePackId", "templateId", "estimatedCredits"];

/** What was asked for, field by field. */
function Request({ row }: { readonly row: BatchRow }) {
  const { variables, ...request } = row.request_data as Record<string, unknown> & {
    variables?: Record<string, string>;
  };
  const fields = Object.entries(request).filter(
    ([name, value]) => !HIDDEN.includes(name) && typeof value !== "object",
  );
  const said = [
    ...fields.map(([name, value]) => [columnWords[name] ?? name, String(value)] as const),
    ...Object.entries(variables ?? {}).map(([name, value]) => [`{{${name}}}`, value] as const),
  ];
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-3 gap-y-1 text-control">
      {said.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-text2">{name}</dt>
          <dd className="break-words">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
