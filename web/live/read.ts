import { useCallback, useEffect, useState } from "react";
import { type Generation, isOpen } from "./generation";
import { useSession } from "./session";
import { type Failure, failureOf } from "./store";
import { readView, useView } from "./view";

interface Read {
  readonly path: string;
  readonly value?: Generation;
  readonly failure?: Failure;
}

/**
 * One generation, read once; only while it is open is it listened to. `again` reads it anew, after it was
 * changed or could not be read.
 */
export function useGeneration(path: string | undefined): {
  readonly value: Generation | undefined;
  readonly failure: Failure | undefined;
  readonly again: () => void;
} {
  const [read, setRead] = useState<Read>();
  const [times, setTimes] = useState(0);
  const isIn = useSession().status === "in";
  useEffect(() => {
    if (!path || !isIn) return;
    let isOver = false;
    readView(path).then(
      (value) => !isOver && setRead({ path, value }),
      (error: unknown) => !isOver && setRead({ path, failure: failureOf(error) }),
    );
    return () => {
      isOver = true;
    };
  }, [path, isIn, times]);
  const own = read?.path === path && isIn ? read : undefined;
  const live = useView(own?.value && isOpen(own.value) ? path : undefined);
  return {
    value: live.value ?? own?.value,
    failure: live.error ?? own?.failure,
    again: useCallback(() => setTimes((before) => before + 1), []),
  };
}
