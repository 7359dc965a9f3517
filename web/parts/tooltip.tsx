import { Tooltip as Radix } from "radix-ui";
import type { ReactElement } from "react";

interface Props {
  readonly text: string;
  readonly children: ReactElement;
  readonly side?: "top" | "right" | "bottom" | "left";
}

/** Says a control's name, for eyes; the control itself carries it for screen readers. */
export function Tooltip({ text, children, side = "bottom" }: Props) {
  return (
    <Radix.Root delayDuration={500}>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          side={side}
          sideOffset={6}
          className="z-50 animate-fade rounded-control border border-line bg-surface px-2 py-1 text-meta text-text shadow-popover"
        >
          {text}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** Around the whole page, once: tooltips then share their delay. */
export const TooltipProvider = Radix.Provider;
