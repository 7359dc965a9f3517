import { useState } from "react";
import { cancelJob } from "@/live/control";
import type { Generation } from "@/live/generation";
import { Button } from "@/parts/button";
import { LazyAlertDialog as AlertDialog } from "@/parts/lazy-dialog";
import { jobs as words } from "@/words/jobs";

/** From so many on, cancelling them all is asked for once more. */
const ASK_FROM = 5;

/** Cancels the jobs that wait. Those that are being made, and batches, have buttons of their own. */
export function CancelWaiting({ waiting }: { readonly waiting: readonly Generation[] }) {
  const [isAsking, setAsking] = useState(false);
  const freed = waiting.reduce((sum, { credits }) => sum + credits.estimated, 0);
  const cancel = () => {
    for (const job of waiting) void cancelJob(job).catch(() => {}); // its row shows what it is
  };
  return (
    <>
      <Button look="quiet" onClick={() => (waiting.length < ASK_FROM ? cancel() : setAsking(true))}>
        {words.cancelAll}
      </Button>
      <AlertDialog
        open={isAsking}
        onOpenChange={setAsking}
        title={words.cancelAllTitle(waiting.length)}
        body={words.cancelAllBody(freed)}
        keep={words.keep}
        confirm={words.cancelN(waiting.length)}
        onConfirm={cancel}
      />
    </>
  );
}
