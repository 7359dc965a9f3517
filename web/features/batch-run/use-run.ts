import { useEffect, useRef } from "react";
import { type Batch, useBatch, useBatchRows, useBatchShare } from "@/live/batches";
import { useTeams } from "@/live/payer";
import { useUid } from "@/live/session";
import { announce } from "@/parts/live-region";
import { statusWords, runWords as words } from "@/words/batches";
import { quarterReached } from "./summary";

/** Why a batch is not to be seen: one and the same card, so that an id cannot be guessed. */
const GONE = ["not-found", "permission-denied", "unauthenticated"];

/** A batch as this user may see it. */
export function useRun(id: string | undefined) {
  const uid = useUid();
  const batch = useBatch(id);
  const rows = useBatchRows(id);
  const { value: teams } = useTeams();
  const found = batch.value;
  const isOwn = found !== undefined && found.user_id === uid;
  const role = found?.team_id ? teams?.find((team) => team.id === found.team_id)?.role : undefined;
  const isGuest = found !== undefined && !isOwn && !role && (!found.team_id || teams !== undefined);
  const { value: share } = useBatchShare(isGuest ? id : undefined);
  useAnnounced(found);
  return {
    batch: found,
    rows: rows.value,
    asOf: batch.asOf,
    failure: batch.error ?? (rows.value ? undefined : rows.error),
    isGone: Boolean(batch.error && GONE.includes(batch.error.reason)),
    mayControl: isOwn || role === "owner" || role === "editor",
    mayComment: isOwn || Boolean(role) || share?.role === "commenter",
    isGuest,
  };
}

export type Run = ReturnType<typeof useRun>;

/** Says the quarters, and each change of the status. */
function useAnnounced(batch: Batch | undefined): void {
  const last = useRef<Batch>(undefined);
  useEffect(() => {
    const before = last.current;
    last.current = batch;
    if (!batch || !before || before.id !== batch.id) return;
    const quarter = quarterReached(before.counts, batch.counts);
    if (before.status !== batch.status) announce(words.status(batch.name, statusWords[batch.status]));
    else if (quarter) announce(words.percent(batch.name, quarter));
  }, [batch]);
}
