import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";
import { cx } from "./cx";
import { Tooltip } from "./tooltip";

interface Props extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "aria-label"> {
  /** Its name: for screen readers, and as its tooltip. */
  readonly label: string;
  readonly children: ReactNode;
  /** On a picture: white on the scrim. */
  readonly onPicture?: boolean;
  readonly ref?: Ref<HTMLButtonElement>;
}

export function IconButton({ label, children, onPicture = false, className, ...rest }: Props) {
  return (
    <Tooltip text={label}>
      <button
        type="button"
        aria-label={label}
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
    </Tooltip>
  );
}
