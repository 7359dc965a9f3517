"use client";
import { useEffect } from "react";
import { shareOf, useOpenBatches } from "@/live/batches";
import { useEnded, useOpenJobs } from "@/live/jobs";
import { setLayer } from "@/parts/layers";
import { setTitleCount } from "@/parts/title";
import { shell as words } from "@/words/en";
import { RAIL_ROW } from "./row";
import { useSeenFailures } from "./seen";

/** How many jobs are open, a batch being one, and how far they are on average. A dot: one has failed since it was last opened. */
export function JobsPill({ isSmall = false }: { readonly isSmall?: boolean }) {
  const jobs = useOpenJobs().value ?? [];
  const ended = useEnded();
  const [isNew, see] = useSeenFailures(ended);
  const batches = useOpenBatches().value ?? [];
  const shares = [...jobs.map(({ progress }) => progress), ...batches.map(shareOf)];
  const n = shares.length;
  const mean = n === 0 ? 0 : shares.reduce((sum, share) => sum + share, 0) / n;
  useEffect(() => setTitleCount(n), [n]);
  const open = () => {
    see();
    setLayer("jobs", true);
  };
  return (
    <button
      type="button"
      onClick={open}
      aria-label={words.jobs(n)}
      title={words.jobs(n)}
      className={isSmall ? "relative flex size-11 items-center justify-center" : RAIL_ROW}
    >
      <span className="relative shrink-0">
        <Ring share={mean} isBusy={n > 0} />
        {isNew && <span className="absolute -top-0.5 -right-0.5 size-2 rounded-full bg-wait" />}
      </span>
      {isSmall ? (
        n > 0 && <span className="absolute text-meta tabular-nums">{n}</span>
      ) : (
        <span className="tabular-nums max-desktop:sr-only">{words.jobsShort(n)}</span>
      )}
    </button>
  );
}

const AROUND = 2 * Math.PI * 8;

function Ring({ share, isBusy }: { readonly share: number; readonly isBusy: boolean }) {
  return (
    <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden className="-rotate-90">
      <circle cx="10" cy="10" r="8" fill="none" strokeWidth="2" className="stroke-line" />
      {isBusy && (
        <circle
          cx="10"
          cy="10"
          r="8"
          fill="none"
          strokeWidth="2"
          strokeLinecap="round"
          strokeDasharray={`${Math.max(0.08, share) * AROUND} ${AROUND}`}
          className="stroke-accent transition-all duration-240"
        />
      )}
    </svg>
  );
}
