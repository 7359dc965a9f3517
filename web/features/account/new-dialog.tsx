import { type ReactNode, useState } from "react";
import { Button } from "@/parts/button";
import { Dialog } from "@/parts/dialog";
import { Notice } from "@/parts/notice";
import { useAct } from "@/parts/use-act";
import type { NewProps } from "./secret-list";

interface Props extends NewProps {
  readonly title: string;
  readonly submit: string;
  readonly isWhole: boolean;
  /** Answers the secret of what was made. */
  readonly make: () => Promise<string | undefined>;
  /** The fields; they say what is wrong with them once it was tried (`isTold`). */
  readonly children: (isTold: boolean) => ReactNode;
}

/** The dialog in which something with a secret is made. */
export function NewDialog({ title, submit, isWhole, make, onClose, onMade, children }: Props) {
  const [isTold, setTold] = useState(false);
  const { isBusy, failed, act } = useAct();
  return (
    <Dialog open onOpenChange={(open) => !open && !isBusy && onClose()} title={title}>
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          setTold(true);
          if (isWhole) void act(async () => onMade(await make()));
        }}
      >
        {children(isTold)}
        {failed && <Notice tone="bad">{failed}</Notice>}
        <Button type="submit" look="primary" disabled={isBusy}>
          {submit}
        </Button>
      </form>
    </Dialog>
  );
}
