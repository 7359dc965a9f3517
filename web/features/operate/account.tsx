import { useState } from "react";
import { Button } from "@/parts/button";
import { moment } from "@/parts/clock";
import { Empty } from "@/parts/empty";
import { Field } from "@/parts/field";
import { Notice } from "@/parts/notice";
import { Skeleton } from "@/parts/skeleton";
import { operateWords as words } from "@/words/operate";
import { AccountActs } from "./account-acts";
import type { AccountInspected, EntryShown } from "./actions";
import { accountIdOf, changeOf } from "./reading";

interface Props {
  /** The one that was asked for. */
  readonly accountId: string | undefined;
  readonly account: AccountInspected | undefined;
  readonly isLooking: boolean;
  readonly onAccount: (accountId: string) => void;
  readonly onChanged: () => void;
}

export function AccountScreen({ accountId, account, isLooking, onAccount, onChanged }: Props) {
  const found = account?.accountId === accountId ? account : undefined;
  return (
    <div className="flex flex-col gap-4">
      <Ask onAccount={onAccount} />
      {found && <Facts account={found} />}
      {found && <AccountActs account={found} onChanged={onChanged} />}
      {found && <Ledger entries={found.ledger} />}
      {!found && accountId && (isLooking ? <Skeleton className="h-12" /> : <Empty>{words.noAccount}</Empty>)}
    </div>
  );
}

function Ask({ onAccount }: Pick<Props, "onAccount">) {
  const [text, setText] = useState("");
  const [isTried, setTried] = useState(false);
  const meant = accountIdOf(text);
  return (
    <form
      noValidate
      className="flex flex-wrap items-start gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (meant) onAccount(meant);
      }}
    >
      <Field
        label={words.accountId}
        hint={words.accountHint}
        error={isTried && !meant ? words.wrongAccount : undefined}
        className="min-w-0 grow"
        value={text}
        spellCheck={false}
        autoCapitalize="off"
        onChange={(event) => setText(event.target.value)}
      />
      <Button type="submit" className="mt-6">
        {words.show}
      </Button>
    </form>
  );
}

function Facts({ account }: { readonly account: AccountInspected }) {
  const { blockedAt, blockedReason, erasingAt, fuseBlownAt, openJobs } = account;
  const facts: readonly (readonly [string, string])[] = [
    [words.tier, account.tier],
    [words.available, account.available.toLocaleString("en")],
    [words.held, account.held.toLocaleString("en")],
    [words.owed, account.owed.toLocaleString("en")],
    [words.slots, String(account.active)],
    [words.openJobs, openJobs.join(" ") || words.none],
    [words.opened, moment(account.createdAt)],
  ];
  return (
    <section aria-label={account.accountId} className="flex flex-col gap-1">
      <h2 className="break-all font-semibold text-section">{account.accountId}</h2>
      {blockedAt && <Notice tone="bad">{words.blocked(moment(blockedAt), blockedReason)}</Notice>}
      {fuseBlownAt && <Notice tone="bad">{words.fuseBlown(moment(fuseBlownAt))}</Notice>}
      {erasingAt && <Notice tone="bad">{words.erasing(moment(erasingAt))}</Notice>}
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-control">
        {facts.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-text2">{name}</dt>
            <dd className="break-all tabular-nums">{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Ledger({ entries }: { readonly entries: readonly EntryShown[] }) {
  return (
    <div className="flex flex-col gap-1">
      <h2 className="font-semibold text-section">{words.ledger}</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard */}
      <section aria-label={words.ledger} tabIndex={0} className="overflow-x-auto">
        <table className="w-full text-control tabular-nums [&_td]:py-1">
          <thead className="text-meta text-text3">
            <tr>
              {words.columns.map((name) => (
                <th key={name} scope="col" className="pr-4 pb-1 text-start font-normal">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {entries.map((entry) => (
              <tr
                key={`${entry.createdAt} ${entry.type} ${entry.jobId ?? entry.batchId ?? entry.availableAfter}`}
                className="border-line border-t align-top"
              >
                <td className="whitespace-nowrap pr-4">{moment(entry.createdAt)}</td>
                <td className="pr-4">{entry.type}</td>
                <td className="pr-4">{words.change(changeOf(entry))}</td>
                <td className="pr-4">{entry.availableAfter.toLocaleString("en")}</td>
                <td className="pr-4">{entry.heldAfter.toLocaleString("en")}</td>
                <td className="pr-4 text-text2">{entry.jobId ?? entry.batchId ?? ""}</td>
                <td className="pr-4 text-text2">{entry.actor}</td>
                <td className="text-text2">{entry.reason ?? ""}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </div>
  );
}
