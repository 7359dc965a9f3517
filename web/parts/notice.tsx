import { CircleAlert, Info } from "lucide-react";
import { type ReactNode, type RefObject, useEffect, useRef } from "react";
import { announce } from "./live-region";

interface Props {
  /** `line`: plain, for what is only good to know. `bad`: something did not work; it is said at once. */
  readonly tone?: "line" | "bad";
  readonly children: ReactNode;
  readonly actions?: ReactNode;
}

/** A sentence in the content's place, with what can be done about it. */
export function Notice({ tone = "line", children, actions }: Props) {
  const isBad = tone === "bad";
  const Icon = isBad ? CircleAlert : Info;
  const says = useRef<HTMLSpanElement>(null);
  useSaid(isBad, says);
  return (
    <div data-tone={tone} className="flex items-start gap-2.5 px-1 py-2 text-control text-text2">
      <Icon size={16} aria-hidden className={isBad ? "mt-0.5 shrink-0 text-bad" : "mt-0.5 shrink-0"} />
      <div className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1 [&_button]:h-6 pointer-coarse:[&_button]:h-11">
        <span ref={says} className={isBad ? "text-text" : ""}>
          {children}
        </span>
        {actions}
      </div>
    </div>
  );
}

/**
 * Says it by the page's own region, which was there before it: what comes with its words in it is often not
 * read. Not where it cannot be seen: a form may be there twice, for wide pages and for narrow ones.
 */
function useSaid(isBad: boolean, says: RefObject<HTMLElement | null>): void {
  const said = useRef("");
  useEffect(() => {
    const text = [...(says.current?.childNodes ?? [])].map(({ textContent }) => textContent).join(" ");
    if (!isBad || text === said.current || !says.current?.getClientRects().length) return;
    said.current = text;
    announce(text, "assertive");
  });
}
