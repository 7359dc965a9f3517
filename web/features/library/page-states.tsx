import { CloudOff, Lock } from "lucide-react";
import Link from "next/link";
import type { Found } from "@/live/found";
import type { Failure } from "@/live/store";
import { Button } from "@/parts/button";
import { moment } from "@/parts/clock";
import { Empty } from "@/parts/empty";
import { FailureCard } from "@/parts/failure-card";
import { Skeleton } from "@/parts/skeleton";
import { app, refusal } from "@/words/en";
import { library as words } from "@/words/library";
import { ClearButton, type FiltersProps } from "./filter-chips";
import { isFiltered } from "./filters";
import { named } from "./named";

/** Ratios of a row of skeletons: 3:2, 1:1, 2:3, 16:9, again and again. */
const RATIOS = [3 / 2, 1, 2 / 3, 16 / 9, 3 / 2, 1, 2 / 3, 16 / 9, 3 / 2, 1];

export function SkeletonRows({
  rows,
  height = 200,
  gap = 4,
}: {
  rows: number;
  height?: number;
  gap?: number;
}) {
  return (
    <div aria-hidden className="flex flex-col overflow-hidden" style={{ gap }}>
      {Array.from({ length: rows }, (_, row) => row).map((row) => (
        <div key={row} className="flex overflow-hidden" style={{ gap, height }}>
          {RATIOS.map((ratio, place) => (
            <div key={`${row}-${place}-${ratio}`} className="shrink-0" style={{ width: ratio * height }}>
              <Skeleton className="size-full" />
            </div>
          ))}
        </div>
      ))}
    </div>
  );
}

interface Props extends Pick<FiltersProps, "address" | "go"> {
  readonly found: Found;
  readonly isTeam: boolean;
  readonly more: () => void;
}

/** In the grid's place, where there is nothing to show. */
export function NothingThere({ found, address, go, isTeam, more }: Props) {
  if (found.failure) return <Refused failure={found.failure} more={more} />;
  if (found.state === "more") {
    return <Empty action={<Button onClick={more}>{words.searchOn}</Button>}>{words.nothingSoFar}</Empty>;
  }
  if (isFiltered(address)) {
    const filters = named(address).map(({ says }) => says);
    return <Empty action={<ClearButton go={go} />}>{words.nothing(filters.join(", "))}</Empty>;
  }
  return (
    <Empty
      action={
        <Link href="/" className="font-medium text-accent-text underline-offset-2 hover:underline">
          {words.create}
        </Link>
      }
    >
      {isTeam ? words.emptyTeam : words.empty}
    </Empty>
  );
}

function Refused({ failure, more }: { failure: Failure; more: () => void }) {
  if (failure.reason !== "not-a-member") return <FailureCard failure={failure} onAgain={more} />;
  return (
    <Empty
      icon={<Lock size={20} aria-hidden className="text-text3" />}
      action={
        <Link href="/library" className="text-accent-text underline-offset-2 hover:underline">
          {words.personal}
        </Link>
      }
    >
      {words.left}
    </Empty>
  );
}

/** Below the last row. */
export function ListEnd({
  found,
  height,
  gap,
  more,
}: {
  found: Found;
  height: number;
  gap: number;
  more: () => void;
}) {
  if (found.state === "loading") {
    return (
      <div style={{ marginTop: gap }}>
        <SkeletonRows rows={1} height={height} gap={gap} />
      </div>
    );
  }
  if (found.state === "failed" && found.asOf === undefined) {
    return (
      <p role="alert" className="flex items-center justify-center gap-3 py-6 text-control text-text2">
        {words.pageFails} {found.failure && found.failure.reason !== "network" && refusal(found.failure)}
        <Button onClick={more}>{app.tryAgain}</Button>
      </p>
    );
  }
  if (found.state === "end") return <p className="py-6 text-center text-control text-text3">{words.end}</p>;
  return null;
}

/** Above the rows that are those of the last time. */
export function AsOf({ at, more }: { at: number; more: () => void }) {
  return (
    <p role="status" className="flex flex-wrap items-center gap-3 text-control text-text2">
      <CloudOff size={16} aria-hidden /> {words.asOf(moment(new Date(at).toISOString()))}
      <Button look="link" onClick={more}>
        {app.tryAgain}
      </Button>
    </p>
  );
}
