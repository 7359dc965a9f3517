import { useCallback, useEffect, useRef, useState } from "react";
import { type ListedEntry, ledgerPages } from "@/live/ledger";
import { type Failure, failureOf } from "@/live/store";

const PAGE = 50;

interface Pages {
  readonly entries: readonly ListedEntry[] | undefined;
  readonly isEnd: boolean;
  readonly isLoading: boolean;
  readonly failure: Failure | undefined;
}

const NONE: Pages = { entries: undefined, isEnd: false, isLoading: true, failure: undefined };

/** The ledger page by page. It begins anew with another account. */
export function useLedger(accountId: string | undefined, teamId: string | undefined) {
  const [pages, setPages] = useState(NONE);
  const source = useRef<Awaited<ReturnType<typeof ledgerPages>>>(undefined);
  const asked = useRef<object>(undefined);

  const more = useCallback(async () => {
    const question = asked.current;
    setPages((before) => ({ ...before, isLoading: true, failure: undefined }));
    try {
      const from = source.current ?? (await ledgerPages(teamId, PAGE));
      if (asked.current !== question) return; // another account was asked for meanwhile
      source.current = from;
      const { value: fresh = [] } = await from.next();
      if (asked.current !== question) return;
      setPages(({ entries = [] }) => ({
        entries: [...entries, ...fresh],
        isEnd: fresh.length < PAGE,
        isLoading: false,
        failure: undefined,
      }));
    } catch (error) {
      if (asked.current !== question) return;
      source.current = undefined; // an iteration that has thrown is over
      setPages((before) => ({ ...before, isLoading: false, failure: failureOf(error) }));
    }
  }, [teamId]);

  /** From the first page on: after a failure what was shown may be there twice. */
  const again = useCallback(() => {
    asked.current = {};
    source.current = undefined;
    setPages(NONE);
    void more();
  }, [more]);

  useEffect(() => {
    if (accountId) again();
    return () => {
      asked.current = undefined;
    };
  }, [accountId, again]);

  return { ...pages, more, again };
}
