import { cx } from "./cx";

/** A box that will be filled. It has its final size, and shows after 150 ms only. */
export function Skeleton({ className }: { readonly className?: string }) {
  return (
    <span
      aria-hidden
      data-skeleton
      className={cx(
        "block animate-fade rounded-picture bg-skeleton [animation-delay:150ms] [animation-fill-mode:backwards]",
        className,
      )}
    />
  );
}
