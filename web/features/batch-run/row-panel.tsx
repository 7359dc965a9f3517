import { ChevronLeft, ChevronRight, Pencil, Repeat2 } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { type Batch, type BatchRow, hasEnded } from "@/live/batches";
import { Button } from "@/parts/button";
import { Dialog } from "@/parts/dialog";
import { useAgainAddress, viewAddress } from "@/parts/generation-address";
import { IconButton } from "@/parts/icon-button";
import { runWords as words } from "@/words/batches";
import { Comments } from "./comments";
import { EditRow } from "./edit-row";
import { Made, Request } from "./row-facts";

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
