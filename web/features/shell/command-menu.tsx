"use client";
import { useRouter } from "next/navigation";
import { type KeyboardEvent, useId, useState } from "react";
import { chooseTheme } from "@/kept/settings";
import { cx } from "@/parts/cx";
import { Dialog } from "@/parts/dialog";
import { setLayer } from "@/parts/layers";
import { places, shell as words } from "@/words/en";
import { useOwnPlaces } from "./own-places";
import { PLACES } from "./places";

interface Command {
  readonly label: string;
  readonly run: () => void;
}

/** Go somewhere, or do something, by its words. */
export default function CommandMenu({ onClose }: { readonly onClose: () => void }) {
  const id = useId();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const found = useFound(text.trim());
  const run = (command: Command | undefined) => {
    if (!command) return;
    onClose();
    command.run();
  };
  const press = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step) {
      event.preventDefault();
      setAt((at + step + found.length) % found.length);
    } else if (event.key === "Enter" && !event.nativeEvent.isComposing) {
      event.preventDefault();
      run(found[at]);
    }
  };
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={words.commands}
      hidesTitle
      className="top-[18dvh] translate-y-0 pt-4"
    >
      <input
        role="combobox"
        aria-expanded
        aria-controls={`${id}-list`}
        aria-activedescendant={`${id}-${at}`}
        aria-label={words.commands}
        placeholder={words.commandsHint}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={press}
        className="w-full border-line border-b bg-transparent pb-3 text-prompt outline-none"
      />
      <div id={`${id}-list`} role="listbox" aria-label={words.commands} className="-mx-2 mt-2">
        {found.map((command, index) => (
          // biome-ignore lint/a11y/useFocusableInteractive: the field keeps the focus, as listboxes of comboboxes do
          // biome-ignore lint/a11y/useKeyWithClickEvents: its keys are the field's
          <div
            key={command.label}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === at}
            onClick={() => run(command)}
            onMouseMove={() => setAt(index)}
            className={cx(
              "flex h-control cursor-default items-center rounded-control px-2 text-control",
              index === at && "bg-hover",
            )}
          >
            {command.label}
          </div>
        ))}
      </div>
    </Dialog>
  );
}

/** The commands with these words in them; and the words may be prompts'. */
function useFound(text: string): Command[] {
  const router = useRouter();
  const commands = useCommands();
  if (!text) return commands;
  const search = {
    label: words.searchFor(text),
    run: () => router.push(`/library?q=${encodeURIComponent(text)}`),
  };
  return [...commands.filter(({ label }) => label.toLowerCase().includes(text.toLowerCase())), search];
}

function useCommands(): Command[] {
  const router = useRouter();
  const own = useOwnPlaces();
  return [
    ...[...PLACES, ...own].map(({ label, href }) => ({ label, run: () => router.push(href) })),
    { label: places.jobs, run: () => setLayer("jobs", true) },
    { label: words.shortcuts, run: () => setLayer("shortcuts", true) },
    ...(["system", "light", "dark"] as const).map((theme) => ({
      label: `${words.theme}: ${words.themes[theme]}`,
      run: () => chooseTheme(theme),
    })),
  ];
}
