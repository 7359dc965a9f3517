"use client";
import { type KeyboardEvent, type SyntheticEvent, useId, useRef, useState } from "react";
import { readPrompts } from "@/kept/prompts";
import { currentUid } from "@/live/session";
import { cx } from "@/parts/cx";
import { create as words } from "@/words/create";
import { completed, nameBefore, namesFor } from "./completion";
import type { Draft } from "./draft";
import { changeDraft } from "./use-draft";

/** The list of names at `{{`. The focus stays in the text. */
export function useCompletion(draft: Draft) {
  const id = useId();
  const [names, setNames] = useState<readonly string[]>([]);
  const [at, setAt] = useState(0);
  const prompts = useRef<readonly string[]>(undefined);

  const look = async (event: SyntheticEvent<HTMLTextAreaElement>) => {
    const { value, selectionStart } = event.currentTarget;
    const begun = nameBefore(value, selectionStart);
    if (begun === undefined) return names.length > 0 && setNames([]);
    const uid = currentUid();
    prompts.current ??= uid ? await readPrompts(uid).catch(() => []) : [];
    setNames(namesFor(begun, Object.keys(draft.variables), prompts.current));
    setAt(0);
  };
  const take = (box: HTMLTextAreaElement, name: string) => {
    const { text, caret } = completed(draft.prompt, box.selectionStart, name);
    changeDraft({ prompt: text });
    setNames([]);
    requestAnimationFrame(() => box.setSelectionRange(caret, caret));
  };
  /** Whether the press was the list's. */
  const press = (event: KeyboardEvent<HTMLTextAreaElement>): boolean => {
    if (names.length === 0) return false;
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const name = names[at];
    if (step) setAt((at + step + names.length) % names.length);
    else if ((event.key === "Enter" || event.key === "Tab") && name) take(event.currentTarget, name);
    else if (event.key === "Escape") setNames([]);
    else return false;
    event.preventDefault();
    return true;
  };
  const isOpen = names.length > 0;
  const list = isOpen && (
    <div
      id={`${id}-list`}
      role="listbox"
      aria-label={words.variables}
      className="absolute top-full left-0 z-10 min-w-44 rounded-panel border border-line bg-surface p-1 shadow-popover"
    >
      {names.map((name, index) => (
        // biome-ignore lint/a11y/useFocusableInteractive: the text keeps the focus, as listboxes of comboboxes do
        <div
          key={name}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === at}
          onPointerDown={(event) => {
            event.preventDefault();
            const box = event.currentTarget.closest("[data-box]")?.querySelector("textarea");
            if (box) take(box, name);
          }}
          className={cx("rounded-control px-2.5 py-1.5 text-control", index === at && "bg-hover")}
        >
          {name}
        </div>
      ))}
    </div>
  );
  const field = {
    "aria-autocomplete": "list" as const,
    "aria-controls": isOpen ? `${id}-list` : undefined,
    "aria-activedescendant": isOpen ? `${id}-${at}` : undefined,
  };
  return { look, press, list, field };
}
