"use client";
import dynamic from "next/dynamic";
import {
  type ComponentProps,
  cloneElement,
  type ReactElement,
  type Ref,
  useCallback,
  useRef,
  useState,
} from "react";
import type { Menu as Loaded } from "./menu";

const Menu = dynamic(() => import("./menu").then(({ Menu }) => Menu), { ssr: false });

type Props = Omit<ComponentProps<typeof Loaded>, "trigger"> & {
  readonly trigger: ReactElement<{
    onClick?: () => void;
    "aria-haspopup"?: "menu";
    ref?: Ref<HTMLButtonElement>;
  }>;
};

/** A menu whose code is loaded when it is first opened. */
export function LazyMenu({ trigger, ...rest }: Props) {
  const [isWanted, setWanted] = useState(false);
  const isOpened = useRef(false);
  const opening = useCallback((button: HTMLButtonElement | null) => {
    if (!button || isOpened.current) return;
    isOpened.current = true;
    // The press that asked for it came before it could be heard.
    button.focus();
    button.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
  }, []);
  if (isWanted) return <Menu {...rest} trigger={cloneElement(trigger, { ref: opening })} />;
  return cloneElement(trigger, { "aria-haspopup": "menu", onClick: () => setWanted(true) });
}
