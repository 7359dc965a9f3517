import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";
import { cx } from "./cx";

interface Props extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "aria-label" | "title"> {
  /** Its name: for screen readers, and as the browser's own tooltip. */
  readonly label: string;
  readonly children: ReactNode;
  /** On a picture: white on the scrim. */
  readonly onPicture?: boolean;
  readonly ref?: Ref<HTMLButtonElement>;
}

export function IconButton({ label, children, onPicture = false, className, ...rest }: Props) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className={cx(
        "inline-flex size-8 shrink-0 items-center justify-center rounded-control transition-colors duration-120 pointer-coarse:size-11",
        onPicture ? "text-white hover:bg-scrim" : "text-text2 hover:bg-hover hover:text-text",
        "disabled:opacity-50",
        className,
      )}
      {...rest}
    >
      {children}
    </button>
  );
}
