import Link from "next/link";
import { useMemo } from "react";
import { usePayer } from "@/live/payer";
import { Button } from "@/parts/button";
import { Empty } from "@/parts/empty";
import { FailureCard } from "@/parts/failure-card";
import { Skeleton } from "@/parts/skeleton";
import { ledgerWords as words } from "@/words/account";
import { app } from "@/words/en";
import { LedgerLine } from "./ledger-line";
import { linesOf } from "./lines";
import { useLedger } from "./use-ledger";

const ROWS = ["a", "b", "c", "d", "e", "f", "g", "h"];

export function Ledger() {
  const payer = usePayer();
  const { entries, isEnd, isLoading, failure, more, again } = useLedger(payer?.accountId, payer?.teamId);
  const lines = useMemo(() => linesOf(entries ?? []), [entries]);
  if (!entries) {
    if (failure) return <FailureCard failure={failure} onAgain={again} />;
    return ROWS.map((row) => <Skeleton key={row} className="mb-1 h-10 w-full" />);
  }
  if (lines.length === 0) {
    return (
      <Empty
        action={
          <Link href="/" className="font-medium text-accent-text hover:underline">
            {words.toCreate}
          </Link>
        }
      >
        {words.empty}
      </Empty>
    );
  }
  return (
    <div className="flex flex-col gap-3">
      <ul className="flex flex-col">
        {lines.map((line) => (
          <LedgerLine key={line.key} line={line} />
        ))}
      </ul>
      {failure ? (
        <p className="text-center text-control text-text2">
          {words.moreFailed}{" "}
          <Button look="link" onClick={again}>
            {app.tryAgain}
          </Button>
        </p>
      ) : (
        !isEnd && (
          <Button className="self-center" disabled={isLoading} onClick={() => void more()}>
            {words.more}
          </Button>
        )
      )}
    </div>
  );
}
