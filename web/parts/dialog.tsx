import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { app } from "@/words/en";
import { cx } from "./cx";
import { IconButton } from "./icon-button";
import { useCover } from "./keys";
import { useReturnFocus } from "./return-focus";

type Shape = "center" | "right" | "sheet" | "full";

const SHAPES: Record<Shape, string> = {
  center:
    "top-1/2 left-1/2 max-h-[85dvh] w-[min(92vw,480px)] -translate-x-1/2 -translate-y-1/2 rounded-sheet animate-fade",
  right:
    "inset-y-0 right-0 w-[min(100vw,400px)] animate-slide max-tablet:inset-x-0 max-tablet:w-full border-y-0 border-r-0",
  sheet: "inset-x-0 bottom-0 max-h-[92dvh] rounded-t-sheet animate-rise pb-[env(safe-area-inset-bottom)]",
  full: "inset-0 animate-fade tablet:inset-4 tablet:rounded-sheet",
};

interface Props {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly title: string;
  readonly shape?: Shape;
  /** False: the page behind it stays in use. */
  readonly modal?: boolean;
  /** A part of the page's form is in it: the keys of the page go on. */
  readonly sharesKeys?: boolean;
  readonly hidesTitle?: boolean;
  /** In the head, beside the title. */
  readonly actions?: ReactNode;
  /** Below the content, always in view. */
  readonly footer?: ReactNode;
  readonly neighbour?: () => HTMLElement | null | undefined;
  readonly className?: string;
  readonly children: ReactNode;
}

/** Not on the button that closes it: on its first field, else on the dialog itself. */
function focusContent(event: Event): void {
  event.preventDefault();
  const content = event.currentTarget as HTMLElement;
  const field = content.querySelector<HTMLElement>("[data-autofocus], input:not([hidden]), textarea");
  (matchMedia("(pointer: coarse)").matches ? content : (field ?? content)).focus();
}

export function Dialog(props: Props) {
  const { open, onOpenChange, title, shape = "center", modal = true, actions, footer, children } = props;
  const returnFocus = useReturnFocus(open, props.neighbour);
  useCover(open && modal && !props.sharesKeys);
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange} modal={modal}>
      <Radix.Portal>
        {modal && <Radix.Overlay className="fixed inset-0 z-40 animate-fade bg-black/40" />}
        <Radix.Content
          tabIndex={-1}
          onOpenAutoFocus={focusContent}
          onCloseAutoFocus={returnFocus}
          onInteractOutside={modal ? undefined : (event) => event.preventDefault()}
          aria-describedby={undefined}
          className={cx(
            "fixed z-40 flex flex-col border border-line bg-surface shadow-popover outline-none",
            SHAPES[shape],
            props.className,
          )}
        >
          <header className={cx("flex items-center gap-2 py-3 pr-2 pl-4", props.hidesTitle && "sr-only")}>
            <Radix.Title className="mr-auto text-section font-semibold">{title}</Radix.Title>
            {actions}
            <Radix.Close asChild>
              <IconButton label={app.close}>
                <X size={16} />
              </IconButton>
            </Radix.Close>
          </header>
          <div
            // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys
            tabIndex={0}
            className="min-h-0 flex-1 overflow-y-auto overscroll-contain px-4 pb-4 outline-none"
          >
            {children}
          </div>
          {footer && <footer className="border-t border-line p-3">{footer}</footer>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
