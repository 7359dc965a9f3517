"use client";
import { type ClipboardEvent, type KeyboardEvent, type Ref, useRef } from "react";
import { keepPrompt, readPrompts } from "@/kept/prompts";
import { useSettings } from "@/kept/settings";
import { currentUid } from "@/live/session";
import { create as words } from "@/words/create";
import { addFiles } from "./bar-pictures";
import type { Draft } from "./draft";
import { wordsFor } from "./going-on";
import { linesOf } from "./lines";
import { useCompletion } from "./use-completion";
import { changeDraft } from "./use-draft";

/** From so many characters before the end on, they are counted. */
const COUNT_FROM = 400;
const PLACEHOLDERS = /(\{\{[^{}]*\}\})/;

interface Props {
  readonly draft: Draft;
  readonly max: number;
  readonly isReadOnly: boolean;
  readonly onSend: () => void;
  readonly onRows: (text: string) => void;
  readonly ref?: Ref<HTMLTextAreaElement>;
}

/**
 * The prompt. Behind its text stands the same text once more: it gives the box its height, and variables
 * their colour.
 */
export function PromptBox({ draft, max, isReadOnly, onSend, onRows, ref }: Props) {
  const { enterSends } = useSettings();
  const walk = useWalk(draft.prompt);
  const completion = useCompletion(draft);
  const press = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    // Safari ends a composition before its key arrives; that key has this code.
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    if (completion.press(event)) return;
    const isFine = matchMedia("(pointer: fine)").matches;
    if (
      event.key === "Enter" &&
      (event.ctrlKey || event.metaKey || (enterSends && isFine && !event.shiftKey))
    ) {
      event.preventDefault();
      if (!event.repeat) onSend();
    } else {
      walk(event);
    }
  };
  const paste = (event: ClipboardEvent) => {
    const files = [...event.clipboardData.files];
    if (files.length > 0) {
      event.preventDefault();
      return addFiles(files, "references");
    }
    const text = event.clipboardData.getData("text/plain");
    if (linesOf(text) > 1) onRows(text);
  };
  const text =
    "col-start-1 row-start-1 whitespace-pre-wrap break-words px-1 py-1 text-base leading-6 tablet:text-prompt";
  const left = max - draft.prompt.length;
  return (
    <div className="relative" data-box>
      <div className="grid max-h-60 min-h-14 overflow-y-auto">
        <div aria-hidden className={`${text} pointer-events-none text-transparent`}>
          {draft.prompt.split(PLACEHOLDERS).map((part, at) =>
            at % 2 === 1 ? (
              <mark key={at} className="rounded-[3px] bg-tint text-transparent">
                {part}
              </mark>
            ) : (
              part
            ),
          )}
          {"\n "}
        </div>
        <textarea
          ref={ref}
          aria-label={words.prompt}
          placeholder={words.placeholder[wordsFor(draft)]}
          value={draft.prompt}
          maxLength={max}
          readOnly={isReadOnly}
          onChange={(event) => changeDraft({ prompt: event.target.value })}
          onKeyDown={press}
          onPaste={paste}
          onSelect={(event) => void completion.look(event)}
          {...completion.field}
          data-prompt
          className={`${text} resize-none overflow-hidden bg-transparent text-text outline-none placeholder:text-text3`}
        />
      </div>
      {completion.list}
      {left <= COUNT_FROM && (
        <p className="text-right text-meta text-text3 tabular-nums">
          {words.counter(draft.prompt.length, max)}
        </p>
      )}
    </div>
  );
}

/** ↑ at the beginning goes to the prompts before; ↓ comes back; Esc returns to the draft. */
function useWalk(prompt: string) {
  const at = useRef(-1);
  const draft = useRef("");
  const shown = useRef<string>(undefined);
  return async (event: KeyboardEvent<HTMLTextAreaElement>) => {
    const { selectionStart, selectionEnd } = event.currentTarget;
    const isWalking = at.current >= 0 && prompt === shown.current;
    if (!isWalking) at.current = -1;
    const uid = currentUid();
    const isUp = event.key === "ArrowUp" && selectionStart === 0 && selectionEnd === 0;
    const isDown = event.key === "ArrowDown" && isWalking;
    const isEnd = event.key === "Escape" && isWalking;
    if (!uid || event.shiftKey || !(isUp || isDown || isEnd)) return;
    event.preventDefault();
    const box = event.currentTarget;
    if (!isWalking) draft.current = prompt;
    const kept = await readPrompts(uid).catch(() => []);
    at.current = isEnd ? -1 : Math.min(at.current + (isUp ? 1 : -1), kept.length - 1);
    shown.current = at.current < 0 ? draft.current : kept[at.current];
    changeDraft({ prompt: shown.current ?? "" });
    requestAnimationFrame(() => box.setSelectionRange(0, 0));
  };
}

export function rememberPrompt(prompt: string): void {
  const uid = currentUid();
  if (uid) void keepPrompt(uid, prompt).catch(() => {});
}
