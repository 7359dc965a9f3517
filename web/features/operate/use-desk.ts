import { useCallback, useEffect, useRef, useState } from "react";
import { type Failure, failureOf } from "@/live/store";
import { type Inspected, inspect } from "./actions";

interface Seen {
  /** It stays while it is looked again. */
  readonly value: Inspected | undefined;
  readonly at: string | undefined;
  readonly failure: Failure | undefined;
  readonly isLooking: boolean;
}

const NOTHING: Seen = { value: undefined, at: undefined, failure: undefined, isLooking: true };

/** What is to be known, as of the last look: nothing here is listened to, since a look costs many reads. */
export function useDesk(accountId: string | undefined) {
  const [seen, setSeen] = useState(NOTHING);
  const asked = useRef<object>(undefined);
  const look = useCallback(async () => {
    const question = {};
    asked.current = question;
    setSeen((before) => ({ ...before, failure: undefined, isLooking: true }));
    try {
      const value = await inspect(accountId);
      if (asked.current !== question) return; // somebody has asked anew meanwhile
      setSeen({ value, at: new Date().toISOString(), failure: undefined, isLooking: false });
    } catch (error) {
      if (asked.current !== question) return;
      setSeen((before) => ({ ...before, failure: failureOf(error), isLooking: false }));
    }
  }, [accountId]);
  useEffect(() => {
    void look();
    return () => {
      asked.current = undefined;
    };
  }, [look]);
  return { ...seen, look };
}
