import { useEffect, useState } from "react";
import { readBatchAgain } from "@/live/batches";
import { useUid } from "@/live/session";
import { control } from "./actions";

/**
 * Uses the code of a link, which is in the fragment, once somebody is signed in. It is taken out of the
 * address then: it works once. True while it is being used: the batch is not to be read yet.
 */
export function useJoin(id: string | undefined): boolean {
  const uid = useUid();
  const [code, setCode] = useState<string | null>();

  // Read late: there is no fragment while the page is made.
  useEffect(() => setCode(window.location.hash.slice(1) || null), []);

  useEffect(() => {
    if (!id || !code || !uid) return;
    const done = () => {
      window.history.replaceState(null, "", window.location.pathname + window.location.search);
      setCode(null);
      readBatchAgain(id);
    };
    // A code that is used up or too old lets nobody in: then the batch shows whether it is to be seen.
    control({ batchId: id, action: "join", code }).then(done, done);
  }, [id, code, uid]);

  return code !== null;
}
