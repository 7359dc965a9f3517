"use client";
import { type FormEvent, useState } from "react";
import { app } from "@/words/en";
import { library as words } from "@/words/library";
import { Button } from "./button";
import { Dialog } from "./dialog";
import { Field } from "./field";
import { tagsIn } from "./tags";

interface Props {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  /** How many generations get them. */
  readonly count: number;
  /** The tags that all of them have. */
  readonly tags: readonly string[];
  readonly onSave: (tags: string[]) => void;
}

export function TagsDialog({ open, onOpenChange, count, tags, onSave }: Props) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={words.tagsTitle(count)}>
      {/* The form begins anew with each opening. */}
      <TagsForm {...{ count, tags, onSave }} onDone={() => onOpenChange(false)} />
    </Dialog>
  );
}

function TagsForm({
  count,
  tags,
  onSave,
  onDone,
}: Pick<Props, "count" | "tags" | "onSave"> & { onDone: () => void }) {
  const [text, setText] = useState(tags.join(", "));
  const save = (event: FormEvent) => {
    event.preventDefault();
    onSave(tagsIn(text));
    onDone();
  };
  return (
    <form onSubmit={save} className="flex flex-col gap-4">
      <Field
        label={words.tags}
        value={text}
        onChange={({ target }) => setText(target.value)}
        hint={count > 1 ? `${words.tagsHint} ${words.tagsReplace}` : words.tagsHint}
        autoComplete="off"
      />
      <div className="flex justify-end gap-2">
        <Button onClick={onDone}>{app.cancel}</Button>
        <Button look="primary" type="submit">
          {words.save}
        </Button>
      </div>
    </form>
  );
}
