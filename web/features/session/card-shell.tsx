import type { ReactNode } from "react";
import { session as words } from "@/words/en";

/** The sign-in's box and its title: in the page's HTML, before what fills it is loaded. */
export function CardShell({ children }: { readonly children: ReactNode }) {
  return (
    <section
      aria-labelledby="sign-in"
      className="mx-auto flex w-full max-w-100 flex-col gap-2 rounded-sheet border border-line bg-surface p-6"
    >
      <h2 id="sign-in" className="mb-2 font-semibold text-section">
        {words.title}
      </h2>
      {children}
    </section>
  );
}
