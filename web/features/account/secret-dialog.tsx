import { useRef, useState } from "react";
import { Button } from "@/parts/button";
import { CopyButton } from "@/parts/copy-button";
import { LazyDialog as Dialog } from "@/parts/lazy-dialog";
import { Notice } from "@/parts/notice";
import { secretWords as words } from "@/words/account";

/** A second press sooner than this is the same one: a double click does not lose the secret. */
const SAME_PRESS_MS = 600;

interface Props {
  readonly title: string;
  /** What the secret is. */
  readonly label: string;
  readonly secret: string;
  readonly note?: string | undefined;
  readonly onClose: () => void;
}

/** A secret, shown once: it closes by the button that says it is kept, else only when closed twice. */
export function SecretDialog({ title, label, secret, note, onClose }: Props) {
  const [isWarned, setWarned] = useState(false);
  const warnedAt = useRef(0);
  const tryToClose = () => {
    if (isWarned && Date.now() - warnedAt.current > SAME_PRESS_MS) return onClose();
    if (!isWarned) warnedAt.current = Date.now();
    setWarned(true);
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && tryToClose()}
      title={title}
      footer={
        <Button look="primary" className="w-full" onClick={onClose}>
          {words.kept}
        </Button>
      }
    >
      <p className="text-body text-text2">{words.once}</p>
      <div className="mt-3 flex items-center gap-2 rounded-control border border-control bg-bg p-2">
        <input
          readOnly
          aria-label={label}
          value={secret}
          onFocus={(event) => event.target.select()}
          className="min-w-0 grow bg-transparent font-mono text-control text-text"
        />
        <CopyButton text={secret} what={label} />
      </div>
      {note && <p className="mt-2 text-meta text-text3">{note}</p>}
      {isWarned && <Notice tone="bad">{words.askAgain}</Notice>}
    </Dialog>
  );
}
