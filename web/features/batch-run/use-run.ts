import { useMemo } from "react";
import { useBatch, useBatchRows, useBatchShare } from "@/live/batches";
import { usePayer, useTeams } from "@/live/payer";
import { useUid } from "@/live/session";
import { useBatchNews } from "@/parts/batch-news";

/** Why a batch is not to be seen: one and the same card, so that an id cannot be guessed. */
const GONE = ["not-found", "permission-denied", "unauthenticated"];

/** A batch as this user may see it. */
export function useRun(id: string | undefined) {
  const uid = useUid();
  const batch = useBatch(id);
  const rows = useBatchRows(id);
  const { value: teams } = useTeams();
  const payer = usePayer();
  const found = batch.value;
  const isOwn = found !== undefined && found.user_id === uid;
  const role = found?.team_id ? teams?.find((team) => team.id === found.team_id)?.role : undefined;
  const isGuest = found !== undefined && !isOwn && !role && (!found.team_id || teams !== undefined);
  const { value: share } = useBatchShare(isGuest ? id : undefined);
  const isUnshared = isGuest && share === null;
  // The batches of who pays are spoken of on every page.
  const isOthers = found !== undefined && found.account_id !== payer?.accountId;
  useBatchNews(useMemo(() => (isOthers && found ? [found] : []), [isOthers, found]));
  return {
    batch: found,
    rows: rows.value,
    asOf: batch.asOf,
    failure: batch.error ?? (rows.value ? undefined : rows.error),
    isGone: isUnshared || Boolean(batch.error && GONE.includes(batch.error.reason)),
    mayControl: isOwn || role === "owner" || role === "editor",
    mayExport: isOwn || Boolean(role),
    mayComment: isOwn || Boolean(role) || share?.role === "commenter",
    isGuest,
  };
}

export type Run = ReturnType<typeof useRun>;
