"use client";
import { useState } from "react";
import { useAccount } from "@/live/account";
import { tierOf, useCatalog } from "@/live/catalog";
import { cancelJob } from "@/live/control";
import { useEnded } from "@/live/ended";
import type { Generation } from "@/live/generation";
import { useOpenJobs } from "@/live/jobs";
import { useRole } from "@/live/payer";
import { AlertDialog } from "@/parts/alert-dialog";
import { Button } from "@/parts/button";
import { Dialog } from "@/parts/dialog";
import { Empty } from "@/parts/empty";
import { FailureCard } from "@/parts/failure-card";
import { Skeleton } from "@/parts/skeleton";
import { jobs as words } from "@/words/jobs";
import { JobRow } from "./job-row";

/** From so many on, cancelling them all is asked for once more. */
const ASK_FROM = 5;

export default function Drawer({ onClose }: { readonly onClose: () => void }) {
  const { value: open, error } = useOpenJobs();
  const ended = useEnded().value ?? [];
  const [cleared, setCleared] = useState(0);
  const [isAsking, setAsking] = useState(false);
  const account = useAccount().value;
  const tier = tierOf(useCatalog().value, account?.tier);
  const mayAct = useRole() !== "viewer";

  const running = (open ?? []).filter(({ status }) => status === "processing");
  const waiting = (open ?? []).filter(({ status }) => status === "queued");
  const finished = ended.slice(0, ended.length - cleared);
  const cancelWaiting = () => {
    for (const job of waiting) void cancelJob(job).catch(() => {}); // its row shows what it is
  };
  const freed = waiting.reduce((sum, { credits }) => sum + credits.estimated, 0);
  const row = (job: Generation) => <JobRow key={job.path} job={job} mayAct={mayAct} />;

  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={words.title}
      shape="right"
      modal={false}
      actions={
        waiting.length > 0 &&
        mayAct && (
          <Button
            look="quiet"
            onClick={() => (waiting.length < ASK_FROM ? cancelWaiting() : setAsking(true))}
          >
            {words.cancelAll}
          </Button>
        )
      }
    >
      {error && !open && <FailureCard failure={error} />}
      {!open && !error && [0, 1, 2].map((n) => <Skeleton key={n} className="mb-2 h-14" />)}
      {open && open.length === 0 && finished.length === 0 && <Empty>{words.empty}</Empty>}
      {running.length > 0 && <Section title={words.processing(running.length)}>{running.map(row)}</Section>}
      {waiting.length > 0 && (
        <Section
          title={words.waiting(waiting.length)}
          aside={tier && account && words.places(account.active, tier.jobsAtOnce)}
        >
          {waiting.map(row)}
        </Section>
      )}
      {finished.length > 0 && (
        <Section
          title={words.finished(finished.length)}
          aside={
            <Button look="link" className="h-6" onClick={() => setCleared(ended.length)}>
              {words.clear}
            </Button>
          }
        >
          {finished.map(row)}
        </Section>
      )}
      <AlertDialog
        open={isAsking}
        onOpenChange={setAsking}
        title={words.cancelAllTitle(waiting.length)}
        body={words.cancelAllBody(freed)}
        keep={words.keep}
        confirm={words.cancelN(waiting.length)}
        onConfirm={cancelWaiting}
      />
    </Dialog>
  );
}

interface SectionProps {
  readonly title: string;
  readonly aside?: React.ReactNode;
  readonly children: React.ReactNode;
}

function Section({ title, aside, children }: SectionProps) {
  return (
    <section className="mb-4">
      <header className="flex h-8 items-center justify-between gap-2 border-line border-b text-meta text-text3 tabular-nums">
        <h3>{title}</h3>
        {aside}
      </header>
      <ul>{children}</ul>
    </section>
  );
}
