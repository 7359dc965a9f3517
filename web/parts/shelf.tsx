"use client";
import { ChevronLeft, Plus } from "lucide-react";
import type { ReactNode } from "react";
import { shelfWords as words } from "@/words/shelf";
import { Button } from "./button";
import { FailureCard } from "./failure-card";
import { Skeleton } from "./skeleton";

export interface ShelfItem {
  readonly id: string;
  readonly name: string;
  /** Of what has versions. */
  readonly version?: number;
  /** Whose it is (own, a team's, everybody's), or how far it is. */
  readonly whose: string;
}

interface Props {
  readonly title: string;
  readonly fresh: string;
  readonly empty: string;
  readonly choose: string;
  readonly items: readonly ShelfItem[] | undefined;
  readonly failure: { readonly reason: string; readonly message: string } | undefined;
  /** The id of what is open; `new`; undefined: nothing. */
  readonly open: string | undefined;
  readonly onOpen: (id: string | undefined) => void;
  readonly onAgain: () => void;
  /** The editor of what is open. */
  readonly children: ReactNode;
}

export const NEW = "new";

/** A list, and beside it what is open of it; on a phone one after the other. */
export function Shelf({
  title,
  fresh,
  empty,
  choose,
  items,
  failure,
  open,
  onOpen,
  onAgain,
  children,
}: Props) {
  return (
    <div className="grid min-h-full tablet:grid-cols-[320px_1fr]">
      <section
        aria-label={words.list(title)}
        className={`flex flex-col gap-2 border-line p-4 tablet:border-e ${open ? "max-tablet:hidden" : ""}`}
      >
        <header className="flex items-center gap-2">
          <h1 tabIndex={-1} className="me-auto text-page font-semibold">
            {title}
          </h1>
          <Button look="primary" icon={<Plus size={16} aria-hidden />} onClick={() => onOpen(NEW)}>
            {fresh}
          </Button>
        </header>
        {items?.length === 0 && <p className="py-8 text-center text-text2">{empty}</p>}
        {failure && !items && <FailureCard failure={failure} onAgain={onAgain} />}
        <ul className="flex flex-col">
          {items?.map(({ id, name, version, whose }) => (
            <li key={id}>
              <button
                type="button"
                aria-current={id === open || undefined}
                onClick={() => onOpen(id)}
                className="flex min-h-14 w-full items-center gap-2 rounded-control px-3 text-start text-body hover:bg-hover aria-current:bg-tint aria-current:text-accent-text"
              >
                <span className="grow truncate">{name}</span>
                {version !== undefined && (
                  <span className="text-meta text-text2 tabular-nums">{words.version(version)}</span>
                )}
                <span className="min-w-12 shrink-0 text-end text-meta text-text2 tabular-nums">{whose}</span>
              </button>
            </li>
          ))}
          {!items &&
            !failure &&
            ["a", "b", "c", "d", "e", "f"].map((row) => <Skeleton key={row} className="mb-1 h-14" />)}
        </ul>
      </section>
      <div className={`min-w-0 p-4 ${open ? "" : "max-tablet:hidden"}`}>
        {open && (
          <Button
            look="quiet"
            className="mb-2 tablet:hidden"
            icon={<ChevronLeft size={16} aria-hidden />}
            onClick={() => onOpen(undefined)}
          >
            {words.back}
          </Button>
        )}
        {open ? children : <p className="py-16 text-center text-text2">{choose}</p>}
      </div>
    </div>
  );
}
