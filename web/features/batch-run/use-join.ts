import { useEffect, useState } from "react";
import { forgetCode, takeCode } from "@/kept/invite-code";
import { readBatchAgain } from "@/live/batches";
import { controlBatch } from "@/live/control";
import { useUid } from "@/live/session";

/**
 * Uses the code of a link, which is in the fragment, once somebody is signed in. It is taken out of the
 * address then: it works once. True while it is being used: the batch is not to be read yet.
 */
export function useJoin(id: string | undefined): boolean {
  const uid = useUid();
  // Undefined until it was looked for: there is no fragment while the page is made.
  const [code, setCode] = useState<string | null>();

  useEffect(() => setCode((id && takeCode(`batch/${id}`)) || null), [id]);

  useEffect(() => {
    if (!id || !code || !uid) return;
    const done = () => {
      setCode(null);
      readBatchAgain(id);
    };
    controlBatch({ batchId: id, action: "join", code }).then(
      () => {
        forgetCode();
        done();
      },
      // One that is used up or too old lets nobody in: then the batch shows whether it is to be seen. One that
      // was not heard of stays, for the next time the page is opened.
      (error: { readonly retryable?: boolean }) => {
        if (!error.retryable) forgetCode();
        done();
      },
    );
  }, [id, code, uid]);

  return code !== null;
}
