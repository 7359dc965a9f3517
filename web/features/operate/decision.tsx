import { type ReactNode, useState } from "react";
import { Button } from "@/parts/button";
import { Field } from "@/parts/field";
import { LazyDialog as Dialog } from "@/parts/lazy-dialog";
import { Notice } from "@/parts/notice";
import { useAct } from "@/parts/use-act";
import { app } from "@/words/en";
import { operateWords as words } from "@/words/operate";

interface Props {
  readonly title: string;
  readonly body: string;
  readonly confirm: string;
  readonly isDanger?: boolean;
  /** What is to be decided beside. `isReady`: it is whole. */
  readonly children?: ReactNode;
  readonly isReady?: boolean;
  readonly onClose: () => void;
  readonly onConfirm: (reason: string) => Promise<void>;
}

/** Nothing is done without a reason: it is kept in the audit, with who gave it. */
export function Decision(props: Props) {
  const { title, body, confirm, isDanger = false, children, isReady = true, onClose, onConfirm } = props;
  const [reason, setReason] = useState("");
  const [isTried, setTried] = useState(false);
  const { isBusy, failed, act } = useAct();
  const isMissing = !reason.trim();
  return (
    <Dialog open onOpenChange={(open) => !open && !isBusy && onClose()} title={title}>
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (isMissing || !isReady) return;
          void act(async () => {
            await onConfirm(reason.trim());
            onClose();
          });
        }}
      >
        <p className="text-control">{body}</p>
        {children}
        <Field
          label={words.reason}
          hint={words.reasonHint}
          error={isTried && isMissing ? words.needsReason : undefined}
          value={reason}
          maxLength={100}
          onChange={(event) => setReason(event.target.value)}
        />
        {failed && <Notice tone="bad">{failed}</Notice>}
        <div className="flex justify-end gap-2">
          <Button disabled={isBusy} onClick={onClose}>
            {app.cancel}
          </Button>
          <Button type="submit" look={isDanger ? "danger" : "primary"} disabled={isBusy}>
            {confirm}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
