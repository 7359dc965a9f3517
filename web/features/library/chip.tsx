import { X } from "lucide-react";
import type { ButtonHTMLAttributes, ReactNode } from "react";
import { cx } from "@/parts/cx";
import { library as words } from "@/words/library";

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly isOn?: boolean;
  readonly children: ReactNode;
}

const LOOK =
  "inline-flex h-control shrink-0 items-center gap-1.5 rounded-full border px-3 text-control whitespace-nowrap transition-colors duration-120";

/** A filter that is on or off. */
export function Chip({ isOn = false, children, ...rest }: Props) {
  return (
    <button
      type="button"
      aria-pressed={isOn}
      className={cx(
        LOOK,
        isOn
          ? "border-accent-text bg-tint font-medium text-accent-text"
          : "border-control text-text hover:bg-hover",
      )}
      {...rest}
    >
      {children}
    </button>
  );
}

/** Opens something; shown as on where that says something. */
export function OpenChip({ isOn = false, children, ...rest }: Props) {
  return (
    <button
      type="button"
      className={cx(
        LOOK,
        isOn ? "border-accent-text bg-tint text-accent-text" : "border-control text-text hover:bg-hover",
      )}
      {...rest}
    >
      {children}
    </button>
  );
}

/** A filter that is on, and goes by a press. */
export function GoneChip({ children, ...rest }: Omit<Props, "isOn">) {
  return (
    <button type="button" className={cx(LOOK, "border-accent-text bg-tint text-accent-text")} {...rest}>
      {children}
      <X size={14} aria-hidden />
      <span className="sr-only">{words.removeFilter}</span>
    </button>
  );
}
