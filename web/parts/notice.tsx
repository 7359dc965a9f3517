import { CircleAlert, Info } from "lucide-react";
import type { ReactNode } from "react";

interface Props {
  /** `line`: plain, for what is only good to know. `bad`: something did not work. */
  readonly tone?: "line" | "bad";
  readonly children: ReactNode;
  readonly actions?: ReactNode;
}

/** A sentence in the content's place, with what can be done about it. */
export function Notice({ tone = "line", children, actions }: Props) {
  const isBad = tone === "bad";
  const Icon = isBad ? CircleAlert : Info;
  return (
    <div
      role={isBad ? "alert" : undefined}
      className="flex items-start gap-2.5 px-1 py-2 text-control text-text2"
    >
      <Icon size={16} aria-hidden className={isBad ? "mt-0.5 shrink-0 text-bad" : "mt-0.5 shrink-0"} />
      <div className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1 [&_button]:h-5 pointer-coarse:[&_button]:h-11">
        <span className={isBad ? "text-text" : ""}>{children}</span>
        {actions}
      </div>
    </div>
  );
}
