import { CircleAlert, CircleCheck } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Button } from "@/parts/button";
import { moment, useNow } from "@/parts/clock";
import { operateWords as words } from "@/words/operate";
import { type CheckShown, controlAccount, type FuseShown, type Inspected } from "./actions";
import { Decision } from "./decision";
import { ageOf, fuseOf } from "./reading";

interface Props {
  readonly seen: Inspected;
  readonly onAccount: (accountId: string) => void;
  readonly onChanged: () => void;
}

export function Overview({ seen, onAccount, onChanged }: Props) {
  const now = useNow();
  const { checks, queues, fuses, breakers } = seen;
  return (
    <div className="flex flex-col gap-6">
      <Part title={words.checks}>
        {checks.map((check) => (
          <Check key={check.check} check={check} />
        ))}
      </Part>
      <Part title={words.fuses}>
        {fuses.map((fuse) => (
          <Fuse key={fuse.of} fuse={fuse} onAccount={onAccount} onChanged={onChanged} />
        ))}
      </Part>
      <Part title={words.queues} none={words.noQueues}>
        {queues.map(({ queue, jobs, oldestAt }) => (
          <Row key={queue} title={queue} facts={words.queue(jobs, ageOf(oldestAt, now))} />
        ))}
      </Part>
      <Part title={words.breakers} none={words.noBreakers}>
        {breakers.map(({ model, isOpen, failures, openUntil }) => (
          <Row
            key={model}
            title={model}
            isBad={isOpen}
            facts={words.breaker(isOpen, failures, openUntil && moment(openUntil))}
          />
        ))}
      </Part>
    </div>
  );
}

interface PartProps {
  readonly title: string;
  readonly none?: string;
  readonly children: readonly ReactNode[];
}

function Part({ title, none, children }: PartProps) {
  return (
    <section className="flex flex-col gap-1">
      <h2 className="font-semibold text-section">{title}</h2>
      {children.length > 0 ? (
        <ul aria-label={title} className="flex flex-col">
          {children}
        </ul>
      ) : (
        <p className="text-control text-text2">{none}</p>
      )}
    </section>
  );
}

interface RowProps {
  readonly title: ReactNode;
  readonly facts: ReactNode;
  readonly isBad?: boolean;
  readonly children?: ReactNode;
}

function Row({ title, facts, isBad = false, children }: RowProps) {
  return (
    <li className="flex min-h-10 flex-wrap items-center gap-x-4 gap-y-1 border-line border-b py-1.5 text-control">
      <span className="min-w-0 grow basis-48 break-words">
        {title}
        <span className={isBad ? "block text-bad text-meta" : "block text-meta text-text2"}>{facts}</span>
      </span>
      {children}
    </li>
  );
}

function Check({ check: { check, isFine, found, runbook } }: { readonly check: CheckShown }) {
  const Icon = isFine ? CircleCheck : CircleAlert;
  return (
    <Row
      isBad={!isFine}
      title={
        <span className="flex items-center gap-2">
          <Icon size={16} aria-hidden className={isFine ? "shrink-0 text-text3" : "shrink-0 text-bad"} />
          {check}
          <span className="sr-only">{isFine ? words.isFine : words.isWrong}</span>
        </span>
      }
      facts={isFine ? found : `${found} · ${words.runbook(runbook)}`}
    />
  );
}

interface FuseProps {
  readonly fuse: FuseShown;
  readonly onAccount: (accountId: string) => void;
  readonly onChanged: () => void;
}

function Fuse({ fuse, onAccount, onChanged }: FuseProps) {
  const [isAsking, setAsking] = useState(false);
  const { of, blownAt, started, limit } = fuse;
  const ofAccount = started === null;
  return (
    <Row
      isBad={blownAt !== null}
      title={
        ofAccount ? (
          <Button look="link" onClick={() => onAccount(of)}>
            {of}
          </Button>
        ) : (
          words.fuseOf(of)
        )
      }
      facts={words.fuse(blownAt && moment(blownAt), started, limit)}
    >
      {blownAt && (
        <Button aria-label={words.resetOf(of)} onClick={() => setAsking(true)}>
          {words.reset}
        </Button>
      )}
      {isAsking && (
        <Decision
          title={words.resetOf(of)}
          body={words.resetBody}
          confirm={words.reset}
          onClose={() => setAsking(false)}
          onConfirm={async (reason) => {
            await controlAccount({ action: "resetFuse", ...fuseOf(fuse), reason });
            onChanged();
          }}
        />
      )}
    </Row>
  );
}
