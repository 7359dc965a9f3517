import Link from "next/link";
import type { ReactNode } from "react";
import { cx } from "./cx";

interface Props {
  readonly href: string;
  readonly className?: string;
  readonly children: ReactNode;
}

/** A link to a page that looks as a button does. */
export function LinkButton({ href, className, children }: Props) {
  return (
    <Link
      href={href}
      className={cx(
        "inline-flex h-control items-center justify-center rounded-control border border-control px-3 font-medium text-control hover:bg-hover",
        className,
      )}
    >
      {children}
    </Link>
  );
}
