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
      className="flex flex-wrap items-center gap-x-3 gap-y-1 px-1 py-1.5 text-control text-text2"
    >
      <Icon size={16} aria-hidden className={isBad ? "shrink-0 text-bad" : "shrink-0"} />
      <span className={isBad ? "text-text" : ""}>{children}</span>
      {actions}
    </div>
  );
}
