import { Plus } from "lucide-react";
import { type ComponentType, type ReactNode, useState } from "react";
import type { Live } from "@/live/store";
import { Button } from "@/parts/button";
import { Empty } from "@/parts/empty";
import { FailureCard } from "@/parts/failure-card";
import { Skeleton } from "@/parts/skeleton";
import { SecretDialog } from "./secret-dialog";

/** What is shown this once. */
export interface Secret {
  readonly text: string;
  readonly note?: string;
}

export interface NewProps {
  readonly onClose: () => void;
  /** Undefined: what was made has none to show. */
  readonly onMade: (secret: string | undefined) => void;
}

interface Props<T> {
  readonly words: Record<"lead" | "fresh" | "list" | "empty" | "secretTitle" | "secret", string>;
  readonly live: Live<readonly T[]>;
  readonly onAgain: () => void;
  /** The dialog that makes another one. */
  readonly New: ComponentType<NewProps>;
  readonly row: (item: T, show: (secret: Secret) => void) => ReactNode;
}

/** Things that come with a secret, and the making of another one. */
export function SecretList<T>({ words, live, onAgain, New, row }: Props<T>) {
  const { value: items, error } = live;
  const [isMaking, setMaking] = useState(false);
  const [secret, setSecret] = useState<Secret>();
  const fresh = (
    <Button look="primary" icon={<Plus size={16} aria-hidden />} onClick={() => setMaking(true)}>
      {words.fresh}
    </Button>
  );
  return (
    <div className="flex flex-col gap-3">
      {!items &&
        (error ? <FailureCard failure={error} onAgain={onAgain} /> : <Skeleton className="h-12 w-full" />)}
      {items?.length === 0 && <Empty action={fresh}>{words.empty}</Empty>}
      {items && items.length > 0 && (
        <>
          <div className="flex flex-wrap items-center justify-between gap-2 text-control text-text2">
            {words.lead}
            {fresh}
          </div>
          <ul aria-label={words.list} className="flex flex-col">
            {items.map((item) => row(item, setSecret))}
          </ul>
        </>
      )}
      {isMaking && (
        <New
          onClose={() => setMaking(false)}
          onMade={(text) => {
            setMaking(false);
            setSecret(text === undefined ? undefined : { text });
          }}
        />
      )}
      {secret && (
        <SecretDialog
          title={words.secretTitle}
          label={words.secret}
          secret={secret.text}
          note={secret.note}
          onClose={() => setSecret(undefined)}
        />
      )}
    </div>
  );
}

interface RowProps {
  readonly title: string;
  readonly isOver?: boolean;
  /** What is known of it, in a line. */
  readonly facts: ReactNode;
  readonly fault?: string | null | undefined;
  readonly children: ReactNode;
}

export function SecretRow({ title, isOver = false, facts, fault, children }: RowProps) {
  return (
    <li className="flex min-h-12 flex-wrap items-center gap-x-4 gap-y-2 border-line border-b px-1 py-2">
      <span className={isOver ? "min-w-0 grow basis-64 text-text3" : "min-w-0 grow basis-64"}>
        <span className="block break-all font-medium text-control">{title}</span>
        <span className="block text-meta text-text2">{facts}</span>
        {fault && <span className="block text-meta text-bad">{fault}</span>}
      </span>
      <span className="flex flex-wrap gap-2">{children}</span>
    </li>
  );
}
