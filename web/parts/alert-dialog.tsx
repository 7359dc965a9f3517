import { AlertDialog as Radix } from "radix-ui";
import { Button } from "./button";
import { useCover } from "./keys";
import { useReturnFocus } from "./return-focus";

interface Props {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  /** A question. */
  readonly title: string;
  /** What happens then, in numbers. */
  readonly body: string;
  /** The safe answer; it has the focus. */
  readonly keep: string;
  /** A verb with its number. */
  readonly confirm: string;
  readonly onConfirm: () => void;
  /** It takes nothing away. */
  readonly isHarmless?: boolean;
}

/** For what cannot be undone. */
export function AlertDialog({
  open,
  onOpenChange,
  title,
  body,
  keep,
  confirm,
  onConfirm,
  isHarmless,
}: Props) {
  const returnFocus = useReturnFocus(open);
  useCover(open);
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-50 animate-fade bg-black/40" />
        <Radix.Content
          onCloseAutoFocus={returnFocus}
          className="fixed top-1/2 left-1/2 z-50 w-[min(92vw,420px)] -translate-x-1/2 -translate-y-1/2 animate-fade rounded-sheet border border-line bg-surface p-5 shadow-popover"
        >
          <Radix.Title className="text-section font-semibold">{title}</Radix.Title>
          <Radix.Description className="mt-2 text-body text-text2">{body}</Radix.Description>
          <div className="mt-5 flex flex-wrap justify-end gap-2">
            <Radix.Cancel asChild>
              <Button>{keep}</Button>
            </Radix.Cancel>
            <Radix.Action asChild>
              <Button look={isHarmless ? "primary" : "danger"} onClick={onConfirm}>
                {confirm}
              </Button>
            </Radix.Action>
          </div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
