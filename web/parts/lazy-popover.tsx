"use client";
import dynamic from "next/dynamic";
import { type ComponentProps, cloneElement, type ReactElement, useState } from "react";
import type { Popover as Loaded } from "./popover";

const Popover = dynamic(() => import("./popover").then(({ Popover }) => Popover), { ssr: false });

type Props = ComponentProps<typeof Loaded> & {
  readonly trigger: ReactElement<{ onClick?: () => void; "aria-haspopup"?: "dialog" }>;
};

/** A popover whose code is loaded when it is first opened. */
export function LazyPopover({ open, onOpenChange, ...rest }: Props) {
  const [isWanted, setWanted] = useState(false);
  const [isOpen, setOpen] = useState(false);
  const change = (now: boolean) => {
    setOpen(now);
    onOpenChange?.(now);
  };
  if (isWanted) return <Popover {...rest} open={open ?? isOpen} onOpenChange={change} />;
  const first = () => {
    setWanted(true);
    change(true);
  };
  return cloneElement(rest.trigger, { "aria-haspopup": "dialog", onClick: first });
}
