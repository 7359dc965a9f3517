import { ChevronRight } from "lucide-react";
import Link from "next/link";
import type { ListedEntry } from "@/live/ledger";
import { moment } from "@/parts/clock";
import { viewAddress } from "@/parts/generation-address";
import { ledgerWords as words } from "@/words/account";
import { changeOf, type Line } from "./lines";
import { timeOf } from "./time";

/** One line; it opens for its entries. */
export function LedgerLine({ line }: { readonly line: Line }) {
  const { kind, entries, change } = line;
  const [newest] = entries;
  const title =
    kind === "single"
      ? (newest.reason && words.reason(newest.reason)) || words.entry(newest.type)
      : kind === "job"
        ? words.made(line.makes)
        : words[kind];
  const link = linkOf(line);
  return (
    <li className="border-line border-b">
      <details className="group">
        <summary className="flex min-h-10 cursor-pointer list-none items-center gap-3 px-1 py-1.5 text-control hover:bg-hover [&::-webkit-details-marker]:hidden">
          <ChevronRight size={14} aria-hidden className="shrink-0 text-text3 group-open:rotate-90" />
          <span className="min-w-0 grow">
            <span className="font-medium">{title}</span>
            <span className="text-text2">{saidOf(line)}</span>
            <span className="block text-meta text-text3">{moment(timeOf(newest.created_at))}</span>
          </span>
          <span className="shrink-0 text-end tabular-nums">
            <span className="block">{words.change(change)}</span>
            <span className="block text-meta text-text3">{words.after(newest.available_after)}</span>
          </span>
        </summary>
        <Entries entries={entries} />
        {link && (
          <Link href={link} className="mb-3 ml-7 inline-block text-accent-text text-control hover:underline">
            {kind === "batch" ? words.openBatch : words.openJob}
          </Link>
        )}
      </details>
    </li>
  );
}

/** The page of what it was spent on. */
function linkOf({ kind, id, makes, uid }: Line): string | undefined {
  if (kind === "batch") return `/batch?id=${id}`;
  if (makes === "training") return `/brands?id=${id}`;
  return makes && uid && id ? viewAddress(`generations/${uid}/${makes}s/${id}`) : undefined;
}

/** What has become of what was held. */
function saidOf({ kind, held, charged, open, isWhole }: Line): string {
  if (kind === "single") return "";
  if (!isWhole) return ` · ${words.part}`;
  const now = open > 0 && words.stillHeld(open);
  const ended = charged > 0 ? words.charged(charged, held) : !now && words.came(held);
  return [ended, now].map((said) => (said ? ` · ${said}` : "")).join("");
}

function Entries({ entries }: { readonly entries: readonly ListedEntry[] }) {
  return (
    <table className="mb-2 ml-7 w-[calc(100%-2rem)] text-start text-meta text-text2 tabular-nums">
      <caption className="sr-only">{words.entries}</caption>
      <thead className="text-text3">
        <tr>
          <th scope="col" className="py-1 text-start font-normal">
            {words.when}
          </th>
          <th scope="col" className="text-start font-normal">
            {words.what}
          </th>
          <th scope="col" className="text-end font-normal">
            {words.amount}
          </th>
          <th scope="col" className="text-end font-normal">
            {words.availableAfter}
          </th>
        </tr>
      </thead>
      <tbody>
        {entries.map((entry) => (
          <tr key={entry.id} className="border-line border-t">
            <td className="py-1">{moment(timeOf(entry.created_at))}</td>
            <td>
              {words.entry(entry.type)}
              {entry.reason && ` · ${words.reason(entry.reason)}`}
            </td>
            <td className="text-end">
              {entry.type === "capture" ? entry.amount.toLocaleString("en") : words.change(changeOf(entry))}
            </td>
            <td className="text-end">{entry.available_after.toLocaleString("en")}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
