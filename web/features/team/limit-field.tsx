import { useEffect, useState } from "react";
import { teamWords as words } from "@/words/people";
import { limitIn } from "./members";

interface Props {
  readonly label: string;
  readonly value: number | null;
  readonly onSave: (limit: number | null) => void;
}

/** A limit a day. It is saved when it is left, or with Enter; Escape takes back what was typed. */
export function LimitField({ label, value, onSave }: Props) {
  const shown = value === null ? "" : String(value);
  const [text, setText] = useState(shown);
  useEffect(() => setText(shown), [shown]);
  const limit = limitIn(text);
  const save = () => {
    if (limit !== undefined && limit !== value) onSave(limit);
  };
  return (
    <input
      aria-label={label}
      aria-invalid={limit === undefined || undefined}
      title={limit === undefined ? words.wrongLimit : undefined}
      inputMode="numeric"
      placeholder={words.noLimit}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onBlur={save}
      onKeyDown={({ key }) => {
        if (key === "Enter") save();
        if (key === "Escape") setText(shown);
      }}
      className="h-control w-20 rounded-control border border-control bg-bg px-2 text-control tabular-nums placeholder:text-text3 aria-invalid:border-bad"
    />
  );
}
