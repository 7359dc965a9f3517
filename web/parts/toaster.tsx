import { X } from "lucide-react";
import { Toast as Radix } from "radix-ui";
import { useRef } from "react";
import { app } from "@/words/en";
import { Button } from "./button";
import { IconButton } from "./icon-button";
import { dismiss, type Toast, useToasts } from "./toasts";

const MS = 6_000;
const WITH_ACTION_MS = 10_000;

/** One toast at a time; the others are counted behind it. F8 goes there. */
export default function Toaster() {
  const toasts = useToasts();
  const shown = toasts[0];
  return (
    <Radix.Provider swipeDirection="down">
      {shown && <One key={shown.id} shown={shown} more={toasts.length - 1} />}
      <Radix.Viewport className="fixed bottom-4 left-1/2 z-50 w-[min(92vw,440px)] -translate-x-1/2 outline-none max-tablet:bottom-[calc(64px+env(safe-area-inset-bottom))]" />
    </Radix.Provider>
  );
}

function One({ shown, more }: { readonly shown: Toast; readonly more: number }) {
  const { id, text, action, isError, onGone } = shown;
  const wasUsed = useRef(false);
  const gone = (open: boolean) => {
    if (open) return;
    dismiss(id);
    if (!wasUsed.current) onGone?.();
  };
  return (
    <Radix.Root
      duration={isError ? Number.POSITIVE_INFINITY : action ? WITH_ACTION_MS : MS}
      onOpenChange={gone}
      className="flex animate-rise items-center gap-2 rounded-panel border border-line bg-surface py-1.5 pr-1.5 pl-4 shadow-popover"
    >
      <Radix.Title className="mr-auto text-control">{text}</Radix.Title>
      {more > 0 && <span className="text-meta text-text3 tabular-nums">+{more}</span>}
      {action && (
        <Radix.Action asChild altText={action.label}>
          <Button
            look="link"
            onClick={() => {
              wasUsed.current = true;
              action.run();
            }}
          >
            {action.label}
          </Button>
        </Radix.Action>
      )}
      <Radix.Close asChild>
        <IconButton label={app.close}>
          <X size={16} />
        </IconButton>
      </Radix.Close>
    </Radix.Root>
  );
}
