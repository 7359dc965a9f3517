import { Button } from "@/parts/button";
import { useNow } from "@/parts/clock";
import { Empty } from "@/parts/empty";
import { operateWords as words } from "@/words/operate";
import type { Inspected } from "./actions";
import { ageOf } from "./reading";

interface Props {
  readonly seen: Inspected;
  readonly onAccount: (accountId: string) => void;
}

export function Stuck({ seen: { stuck, unsettled }, onAccount }: Props) {
  const now = useNow();
  if (stuck.length === 0) return <Empty>{words.noStuck(unsettled)}</Empty>;
  return (
    <ul aria-label={words.stuckList} className="flex flex-col">
      {stuck.map(({ jobId, trouble, why, accountId, queue, createdAt }) => (
        <li key={jobId} className="border-line border-b py-2 text-control">
          <span className="block font-medium">{words.trouble[trouble]}</span>
          <span className="block text-text2">{why}</span>
          <span className="block break-all text-meta text-text3">
            {words.accepted(jobId, queue, ageOf(createdAt, now))}
          </span>
          <Button look="link" className="max-w-full justify-start" onClick={() => onAccount(accountId)}>
            <span className="truncate">{accountId}</span>
          </Button>
        </li>
      ))}
    </ul>
  );
}
