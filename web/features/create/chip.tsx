import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";
import { cx } from "@/parts/cx";

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** Not as the default has it. */
  readonly isSet?: boolean;
  readonly icon?: ReactNode;
  readonly ref?: Ref<HTMLButtonElement>;
}

/** A setting of the bar: says what it is at, and opens what it can be. */
export function Chip({ isSet = false, icon, children, className, ...rest }: Props) {
  return (
    <button
      type="button"
      className={cx(
        "inline-flex h-control max-w-40 shrink-0 items-center gap-1.5 rounded-full border px-3 text-control transition-colors duration-120",
        isSet ? "border-accent-text bg-tint text-accent-text" : "border-control text-text hover:bg-hover",
        className,
      )}
      {...rest}
    >
      {icon}
      <span className="truncate">{children}</span>
    </button>
  );
}

interface OptionProps {
  readonly isChosen: boolean;
  readonly onChoose: () => void;
  readonly hint?: ReactNode;
  readonly icon?: ReactNode;
  readonly isLocked?: boolean;
  readonly children: ReactNode;
}

/** One of several in a popover. It is in a `role=radiogroup`. */
export function Option({ isChosen, onChoose, hint, icon, isLocked = false, children }: OptionProps) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a button that looks as the others do, in a radiogroup
    <button
      type="button"
      role="radio"
      aria-checked={isChosen}
      aria-disabled={isLocked || undefined}
      onClick={isLocked ? undefined : onChoose}
      className={cx(
        "flex min-h-9 w-full items-center gap-2.5 rounded-control px-2.5 py-1.5 text-left text-control transition-colors duration-120 pointer-coarse:min-h-11",
        isChosen ? "bg-tint text-accent-text" : "hover:bg-hover",
        isLocked && "opacity-60",
      )}
    >
      {icon}
      <span className="mr-auto">{children}</span>
      {hint && <span className="text-meta text-text2 tabular-nums">{hint}</span>}
    </button>
  );
}
