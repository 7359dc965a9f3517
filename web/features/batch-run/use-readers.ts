import { useCallback, useEffect, useState } from "react";
import { failureOf } from "@/live/store";
import { refusal } from "@/words/en";
import { type Readers, readersOf } from "./actions";

/** Who reads the batch, and the links that are open; read again after each change. */
export function useReaders(batchId: string) {
  const [readers, setReaders] = useState<Readers>();
  const [failed, setFailed] = useState<string>();
  const fail = useCallback((error: unknown) => setFailed(refusal(failureOf(error))), []);
  const read = useCallback(() => readersOf(batchId).then(setReaders).catch(fail), [batchId, fail]);
  useEffect(() => void read(), [read]);
  const end = (act: Promise<void>) => void act.then(read).catch(fail);
  return { readers, failed, read, end };
}
