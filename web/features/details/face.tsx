import { useRouter } from "next/navigation";
import { useState } from "react";
import { cancelJob, useCancelling } from "@/live/control";
import type { Generation } from "@/live/generation";
import { failureOf } from "@/live/store";
import { useAgainAddress } from "@/parts/generation-address";
import { type FaceAction, JobFace } from "@/parts/job-face";
import { LazyAlertDialog as AlertDialog } from "@/parts/lazy-dialog";
import { toast } from "@/parts/toasts";
import { details as words } from "@/words/details";
import { job as jobWords, refusal } from "@/words/en";
import { retry } from "./actions";

interface Props {
  readonly generation: Generation;
  readonly ratio: number;
  readonly mayAct: boolean;
  /** Goes to the job that tries this one again. */
  readonly go: (path: string) => void;
}

/** A job that has no picture, as large as it would have been, with its one button. */
export function Face({ generation, ratio, mayAct, go }: Props) {
  const router = useRouter();
  const [price, setPrice] = useState<number>();
  const isCancelling = useCancelling().has(generation.path);
  const trying = async (act: () => Promise<void>) => {
    try {
      await act();
    } catch (error) {
      toast({ text: words.notAnswered(refusal(failureOf(error))), isError: true });
    }
  };
  const cancel = (accept: boolean) => trying(async () => setPrice(await cancelJob(generation, accept)));
  const press = (action: FaceAction) => {
    if (action === "cancel") void cancel(false);
    else if (action === "retry" || action === "again") {
      void trying(async () => {
        const path = await retry(generation);
        if (path) go(path);
      });
    } else router.push(useAgainAddress(generation.path));
  };
  return (
    <div className="grid min-h-0 flex-1 place-items-center bg-sunken p-4">
      <div className="max-h-full w-full max-w-xl" style={{ aspectRatio: Math.max(ratio, 1) }}>
        <JobFace generation={generation} isCancelling={isCancelling} onAction={mayAct ? press : undefined} />
      </div>
      {price !== undefined && (
        <AlertDialog
          open
          onOpenChange={() => setPrice(undefined)}
          title={jobWords.cancelPaid(price)}
          body={jobWords.cancelPaidBody}
          keep={jobWords.letFinish}
          confirm={jobWords.cancelAndPay(price)}
          onConfirm={() => void cancel(true)}
        />
      )}
    </div>
  );
}
