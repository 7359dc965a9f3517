// The account's books, page by page: entries never change, so nothing is listened to.
import type { LedgerEntry, Listed } from "@mediaforge/client";
import { mediaForge } from "./client";

export type { EntryType } from "@mediaforge/client";
export type ListedEntry = Listed<LedgerEntry>;

/** Newest first; a team's where one is named, else the user's. */
export async function ledgerPages(
  teamId: string | undefined,
  pageSize: number,
): Promise<AsyncGenerator<ListedEntry[], void>> {
  return (await mediaForge()).ledger({ teamId, pageSize });
}
