import { app } from "@/words/en";
import { Button } from "./button";
import { useCopying } from "./copy-button";
import { Field } from "./field";

/** A text to take away, whole. */
export function CopyField({ label, text }: { readonly label: string; readonly text: string }) {
  const { isCopied, copy } = useCopying();
  return (
    <div className="flex items-end gap-2">
      <Field
        label={label}
        className="grow"
        readOnly
        value={text}
        onFocus={(event) => event.target.select()}
      />
      <Button onClick={() => void copy(text)}>{isCopied ? app.copied : app.copy}</Button>
    </div>
  );
}
