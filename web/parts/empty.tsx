import type { ReactNode } from "react";

interface Props {
  readonly children: ReactNode;
  readonly action?: ReactNode;
  readonly icon?: ReactNode;
}

/** One sentence and one action, where there is nothing, nothing to be seen, or something went wrong. */
export function Empty({ children, action, icon }: Props) {
  return (
    <div className="mx-auto flex max-w-md flex-col items-center gap-4 px-4 py-16 text-center text-body text-text2">
      {icon}
      <p>{children}</p>
      {action}
    </div>
  );
}
