"use client";
import { Button } from "@/parts/button";
import { setLayer } from "@/parts/layers";
import { create as words } from "@/words/create";
import { shell } from "@/words/en";
import { changeDraft } from "./use-draft";

/** Where there is nothing yet: prompts that can be tried. */
export function Examples({ isIn }: { readonly isIn: boolean }) {
  return (
    <div className="flex flex-col items-start gap-3 py-2">
      <p className="text-body text-text2">{isIn ? words.empty : words.signedOut}</p>
      {!isIn && (
        <Button look="plain" onClick={() => setLayer("signin", true)}>
          {shell.signIn}
        </Button>
      )}
      <p className="mt-4 text-meta text-text3">{words.try}</p>
      <ul className="flex flex-col items-start gap-2">
        {words.examples.map((example, at) => (
          <li key={example}>
            <button
              type="button"
              onClick={() => {
                changeDraft({ prompt: example });
                document.querySelector<HTMLElement>("[data-prompt]")?.focus();
              }}
              className="flex items-center gap-2.5 rounded-panel border border-line p-1.5 pr-3.5 text-left text-control text-text2 transition-colors duration-120 hover:bg-hover hover:text-text"
            >
              <img
                src={`/examples/${at + 1}.webp`}
                alt=""
                width={48}
                height={48}
                loading="lazy"
                className="size-12 shrink-0 rounded-picture bg-skeleton object-cover"
              />
              {example}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
