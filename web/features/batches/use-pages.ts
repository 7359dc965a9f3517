import { useCallback, useEffect, useRef, useState } from "react";
import { type Batch, type BatchShare, type Listed, pagesOf, type Whose } from "@/live/batches";
import { type Failure, failureOf } from "@/live/store";

export type Item = Batch | Listed<BatchShare>;

interface Pages {
  readonly items: readonly Item[] | undefined;
  readonly isEnd: boolean;
  readonly isLoading: boolean;
  readonly failure: Failure | undefined;
}

const NONE: Pages = { items: undefined, isEnd: false, isLoading: true, failure: undefined };

/** The list page by page. It begins anew with another `whose`, payer or user. */
export function usePages(whose: Whose, teamId: string | undefined, uid: string | undefined) {
  const [pages, setPages] = useState(NONE);
  const source = useRef<Awaited<ReturnType<typeof pagesOf>>>(undefined);
  const asked = useRef<object>(undefined);

  const more = useCallback(async () => {
    const question = asked.current;
    setPages((before) => ({ ...before, isLoading: true, failure: undefined }));
    try {
      source.current ??= await pagesOf(whose, teamId);
      const { value, done } = await source.current.next();
      if (asked.current !== question) return; // another list was asked for meanwhile
      const fresh = value ?? [];
      setPages(({ items = [] }) => ({
        items: [...items, ...fresh],
        isEnd: Boolean(done) || fresh.length === 0,
        isLoading: false,
        failure: undefined,
      }));
    } catch (error) {
      source.current = undefined; // an iteration that has thrown is over
      if (asked.current !== question) return;
      setPages((before) => ({ ...before, isLoading: false, failure: failureOf(error) }));
    }
  }, [whose, teamId]);

  useEffect(() => {
    asked.current = {};
    source.current = undefined;
    setPages(NONE);
    if (uid) void more();
  }, [uid, more]);

  /** From the first page on: after a failure what was shown may be there twice. */
  const again = () => {
    asked.current = {};
    source.current = undefined;
    setPages(NONE);
    void more();
  };
  return { ...pages, more, again };
}
