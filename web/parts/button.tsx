import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";
import { cx } from "./cx";

export type Look = "primary" | "plain" | "quiet" | "danger" | "link";

const LOOKS: Record<Look, string> = {
  primary: "bg-accent text-on-accent hover:bg-accent-hover font-semibold px-3.5",
  plain: "border border-control text-text hover:bg-hover font-medium px-3",
  quiet: "text-text2 hover:bg-hover hover:text-text font-medium px-2.5",
  danger: "bg-bad-fill text-white hover:opacity-90 font-semibold px-3.5",
  link: "text-accent-text hover:underline underline-offset-2 font-medium px-1 -mx-1",
};

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly look?: Look;
  readonly icon?: ReactNode;
  /** Why it does nothing now: it stays in reach of the keyboard, and says so. */
  readonly unavailable?: string | undefined;
  readonly ref?: Ref<HTMLButtonElement>;
}

export function Button({ look = "plain", icon, unavailable, className, children, onClick, ...rest }: Props) {
  return (
    <button
      type="button"
      aria-disabled={unavailable ? true : undefined}
      title={unavailable}
      onClick={unavailable ? (event) => event.preventDefault() : onClick}
      className={cx(
        "inline-flex h-control shrink-0 items-center justify-center gap-1.5 rounded-control text-control whitespace-nowrap",
        "transition-colors duration-120 select-none disabled:opacity-50 aria-disabled:opacity-50",
        LOOKS[look],
        className,
      )}
      {...rest}
    >
      {icon}
      {children}
    </button>
  );
}
