"use client";
import { type RefObject, useId, useLayoutEffect, useRef, useState } from "react";
import { type Command, commandOf, type Mode } from "./keys";
import { Offered, offeredFor } from "./offered";

interface Props {
  readonly text: string;
  readonly mode: Mode;
  readonly label: string;
  readonly fault: string | undefined;
  readonly isFixed: boolean;
  readonly isNumber: boolean;
  /** What may be chosen here; empty: anything may be typed. */
  readonly options: readonly string[];
  readonly takesFocus: RefObject<boolean>;
  readonly onMode: (mode: Mode) => void;
  readonly onCommand: (command: Command, pending: string | undefined) => boolean;
  readonly onCommit: (text: string) => void;
  readonly onPaste: (text: string) => void;
  readonly onCopy: () => string;
  readonly onClear: () => void;
}

/**
 * The one input of the grid, in the cell that has the cursor. It has the focus all the time: so a letter
 * begins to write at once, input methods too, and screen readers say the cell. Each cell draws it anew.
 */
export function CellInput(props: Props) {
  const { text, mode, fault, options, takesFocus, onCommand } = props;
  const [typed, setTyped] = useState<string>();
  const [chosen, setChosen] = useState(-1);
  const input = useRef<HTMLTextAreaElement>(null);
  const id = useId();
  const isMoving = mode === "moving";
  const shown = typed ?? text;
  const offered = isMoving ? [] : offeredFor(typed ?? "", options);

  useLayoutEffect(() => {
    if (!takesFocus.current || !input.current) return;
    takesFocus.current = false;
    input.current.focus({ preventScroll: true });
    input.current.select();
    input.current.closest("td")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  });

  const finish = (command: Command, pending = typed): boolean => {
    const isTaken = onCommand(command, pending);
    if (isTaken) {
      setTyped(undefined);
      setChosen(-1);
      if (command.does === "revert" || command.does === "clear")
        requestAnimationFrame(() => input.current?.select());
    }
    return isTaken;
  };

  return (
    <>
      <textarea
        ref={input}
        rows={1}
        value={shown}
        readOnly={props.isFixed}
        spellCheck={false}
        aria-label={props.label}
        aria-invalid={fault ? true : undefined}
        aria-describedby={fault ? `${id}-fault` : undefined}
        aria-autocomplete={options.length ? "list" : undefined}
        aria-controls={offered.length ? `${id}-list` : undefined}
        aria-activedescendant={chosen >= 0 ? `${id}-${chosen}` : undefined}
        className={`${props.isNumber ? "text-end" : ""} absolute inset-0 z-10 block size-full resize-none px-2 py-1.5 text-control outline-2 outline-accent-text ${
          isMoving
            ? "cursor-default overflow-hidden whitespace-nowrap bg-transparent caret-transparent selection:bg-transparent"
            : "field-sizing-content max-h-48 min-h-full bg-surface shadow-popover"
        }`}
        onChange={(event) => {
          setTyped(event.target.value);
          setChosen(-1);
          if (isMoving) props.onMode("typing");
        }}
        onKeyDown={(event) => {
          const command = commandOf(
            {
              key: event.key,
              shift: event.shiftKey,
              command: event.ctrlKey || event.metaKey,
              alt: event.altKey,
              isComposing: event.nativeEvent.isComposing || event.keyCode === 229,
            },
            mode,
          );
          if (offered.length && !event.altKey && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
            event.preventDefault();
            const by = event.key === "ArrowDown" ? 1 : -1;
            setChosen((now) => Math.max(0, Math.min(offered.length - 1, now + by)));
            return;
          }
          if (command?.does === "break") {
            event.preventDefault();
            event.currentTarget.setRangeText(
              "\n",
              event.currentTarget.selectionStart,
              event.currentTarget.selectionEnd,
              "end",
            );
            setTyped(event.currentTarget.value);
            return;
          }
          if (command && finish(command, offered[chosen] ?? typed)) event.preventDefault();
        }}
        onBlur={() => {
          if (typed !== undefined) props.onCommit(typed);
          setTyped(undefined);
          if (!isMoving) props.onMode("moving");
        }}
        onMouseDown={(event) => {
          // A click into the chosen cell chooses it again: what is typed then still takes the text's place.
          if (!isMoving) return;
          event.preventDefault();
          event.currentTarget.focus();
          event.currentTarget.select();
        }}
        onClick={(event) => {
          const { pointerType } = event.nativeEvent as PointerEvent; // a finger has no double click
          if (isMoving && pointerType === "touch") finish({ does: "edit" }, undefined);
        }}
        onDoubleClick={() => finish({ does: "edit" }, undefined)}
        onCopy={(event) => {
          if (!isMoving) return;
          event.preventDefault();
          event.clipboardData.setData("text/plain", props.onCopy());
        }}
        onCut={(event) => {
          if (!isMoving) return;
          event.preventDefault();
          event.clipboardData.setData("text/plain", props.onCopy());
          props.onClear();
        }}
        onPaste={(event) => {
          if (!isMoving) return;
          event.preventDefault();
          props.onPaste(event.clipboardData.getData("text/plain"));
        }}
      />
      {fault && (
        <span
          id={`${id}-fault`}
          className="pointer-events-none absolute start-0 top-full z-20 mt-1 w-max max-w-64 rounded-control border border-line bg-surface px-2 py-1 text-meta text-bad shadow-popover"
        >
          {fault}
        </span>
      )}
      {offered.length > 0 && (
        <Offered
          id={`${id}-list`}
          label={props.label}
          options={offered}
          chosen={chosen}
          optionId={(at) => `${id}-${at}`}
          onTake={(option) => finish({ does: "enter", back: false }, option)}
        />
      )}
    </>
  );
}
