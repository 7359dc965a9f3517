// Batches: one with its rows and comments, listened to while somebody looks; and the lists of them.
import type { Batch, BatchComment, BatchRow, BatchShare, Export, Listed } from "@mediaforge/client";
import { mediaForge } from "./client";
import { type Left, leaving } from "./leaving";
import { listening, once, reading } from "./listen";
import { usePayer } from "./payer";
import { currentUid, useUid } from "./session";
import { createStores, type Live, useLive } from "./store";

export type {
  Batch,
  BatchComment,
  BatchRow,
  BatchShare,
  BatchStatus,
  Counts,
  Export,
  Listed,
  ShareInvite,
  ShareRole,
} from "@mediaforge/client";

const batches = createStores<Batch>(
  (id) => listening((mf, next, fail) => mf.watchBatch(id, next, fail)),
  (batch) => !hasEnded(batch),
);
const rows = createStores<readonly BatchRow[]>((id) =>
  listening((mf, next, fail) => mf.watchRows(id, next, fail)),
);
const comments = createStores<readonly Listed<BatchComment>[]>((id) =>
  listening((mf, next, fail) => mf.watchComments(id, next, fail)),
);

export function useBatch(id: string | undefined): Live<Batch> {
  const isIn = Boolean(useUid());
  return useLive(id && isIn ? batches(id) : undefined);
}

/** All rows in their order: one query, whatever of them is shown. */
export function useBatchRows(id: string | undefined): Live<readonly BatchRow[]> {
  const isIn = Boolean(useUid());
  return useLive(id && isIn ? rows(id) : undefined);
}

export function useBatchComments(id: string | undefined): Live<readonly Listed<BatchComment>[]> {
  const isIn = Boolean(useUid());
  return useLive(id && isIn ? comments(id) : undefined);
}

const open = createStores<readonly Batch[]>(
  (accountId) => {
    const teamId = accountId.startsWith("team_") ? accountId.slice(5) : undefined;
    return listening((mf, next, fail) => mf.watchOpenBatches(next, fail, { teamId }));
  },
  (found) => found.length > 0,
);

/** The batches of who pays that have not ended, newest first. */
export function useOpenBatches(): Live<readonly Batch[]> {
  const payer = usePayer();
  return useLive(payer && open(payer.accountId));
}

const left = createStores<Left<Batch>>((accountId) =>
  leaving(open(accountId), { keyOf: ({ id }) => id, read: readBatch, isOpen: (batch) => !hasEnded(batch) }),
);

/** The batches of who pays that have ended since this page was opened, last ended first. */
export function useEndedBatches(): readonly Batch[] {
  const payer = usePayer();
  return useLive(payer && left(payer.accountId)).value?.ended ?? NONE;
}

const NONE: readonly Batch[] = [];

const readBatch = once<Batch>((mf, id, next, fail) => mf.watchBatch(id, next, fail));

/** How many of the rows have ended, 0 to 1. */
export const shareOf = ({ counts }: Pick<Batch, "counts">): number =>
  counts.total ? (counts.completed + counts.failed + counts.cancelled) / counts.total : 0;

export function readBatchAgain(id: string): void {
  for (const stores of [batches, rows, comments]) stores(id).reopen();
}

/**
 * The user's share of a batch; null: it is not shared with them, or not any more. Listened to, because what
 * listens to the batch is not told of its end.
 */
const shares = createStores<BatchShare | null>((id) =>
  listening((mf, next, fail) =>
    mf.watchShare(id, (found) => next(found && !found.revoked_at ? found : null), fail),
  ),
);

export function useBatchShare(id: string | undefined): Live<BatchShare | null> {
  return useLive(id ? shares(id) : undefined);
}

const exported = createStores<Export>(
  (path) => listening((mf, next, fail) => mf.watchExport(path, next, fail)),
  ({ status }) => status === "queued" || status === "processing",
);

export function useExport(path: string | undefined): Live<Export> {
  return useLive(path ? exported(path) : undefined);
}

/** The export once it has ended, whether or not anybody looks at it meanwhile. */
export function whenExported(path: string): Promise<Export> {
  const store = exported(path);
  return new Promise((resolve, reject) => {
    const stop = store.subscribe(() => {
      const { value, error } = store.read();
      const hasEnded = value?.status === "completed" || value?.status === "failed";
      if (!hasEnded && !error) return;
      stop();
      if (value && hasEnded) resolve(value);
      else reject(error);
    });
  });
}

/** The newest exports of the user, of all batches; read once. */
const exportLists = createStores<readonly Export[]>(() =>
  reading(async (mf) => (await mf.exports({ pageSize: 50 }).next()).value ?? []),
);

export function useExports(): Live<readonly Export[]> {
  const uid = useUid();
  return useLive(uid ? exportLists(uid) : undefined);
}

export function readExportsAgain(): void {
  const uid = currentUid();
  if (uid) exportLists(uid).reopen();
}

export type Whose = "mine" | "team" | "shared";

export const hasEnded = ({ status }: Pick<Batch, "status">): boolean =>
  status === "completed" || status === "cancelled";

export const isShare = (item: Batch | Listed<BatchShare>): item is Listed<BatchShare> => "uid" in item;

/** Pages of a list of batches. What is shared is known by its share until it is opened. */
export async function pagesOf(
  whose: Whose,
  teamId: string | undefined,
): Promise<AsyncGenerator<(Batch | Listed<BatchShare>)[], void>> {
  const mf = await mediaForge();
  if (whose === "shared") return notEnded(mf.shares.withMe());
  return mf.batches(whose === "team" ? { teamId } : {});
}

/** Shares are still listed for a while after their end. */
async function* notEnded(pages: AsyncIterable<Listed<BatchShare>[]>) {
  for await (const page of pages) {
    const shares = page.filter(({ revoked_at }) => !revoked_at);
    if (shares.length) yield shares;
  }
}
