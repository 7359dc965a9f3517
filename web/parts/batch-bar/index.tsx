import type { BatchStatus, Counts } from "@/live/batches";
import { barWords, statusWords } from "@/words/batches";
import { type Segment, segmentsOf } from "./segments";

export { ORDER, type Segment } from "./segments";

const LOOKS: Readonly<Record<Segment, string>> = {
  completed: "bg-ok",
  processing: "bg-accent",
  failed: "bg-bad-fill",
  cancelled: "bg-control",
  queued: "bg-skeleton",
};

interface Props {
  readonly counts: Counts;
  readonly status: BatchStatus;
  readonly height?: "thin" | "thick";
}

/** It says its numbers, too: colours alone say nothing to many. */
export function BatchBar({ counts, status, height = "thin" }: Props) {
  const isPaused = status === "paused";
  return (
    <div
      role="img"
      aria-label={barWords.says(statusWords[status], counts)}
      className={`flex w-full gap-px overflow-hidden rounded-full bg-skeleton ${height === "thick" ? "h-3" : "h-1.5"}`}
    >
      {segmentsOf(counts).map(({ of, percent }) => (
        <span
          key={of}
          className={`h-full ${of === "queued" && isPaused ? "bg-wait" : LOOKS[of]}`}
          style={{ width: `${percent}%` }}
        />
      ))}
    </div>
  );
}
