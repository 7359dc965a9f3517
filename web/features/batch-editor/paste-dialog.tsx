import { useState } from "react";
import { Button } from "@/parts/button";
import { Dialog } from "@/parts/dialog";
import { Area } from "@/parts/field";
import { editorWords as words } from "@/words/batches";

interface Props {
  readonly onTake: (text: string) => void;
  readonly onClose: () => void;
}

/** A place to paste into, where there is no grid under the finger. */
export default function PasteDialog({ onTake, onClose }: Props) {
  const [text, setText] = useState("");
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={words.pasteTitle}
      footer={
        <Button
          look="primary"
          onClick={() => onTake(text)}
          unavailable={text.trim() ? undefined : words.pasteHint}
        >
          {words.pasteDo}
        </Button>
      }
    >
      <Area
        label={words.pasteHint}
        rows={8}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && text.trim()) onTake(text);
        }}
      />
    </Dialog>
  );
}
