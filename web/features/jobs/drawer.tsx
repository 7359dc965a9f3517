"use client";
import { useAccount } from "@/live/account";
import { type Batch, useOpenBatches } from "@/live/batches";
import { tierOf, useCatalog } from "@/live/catalog";
import type { Generation } from "@/live/generation";
import { useOpenJobs } from "@/live/jobs";
import { useRole } from "@/live/payer";
import { Dialog } from "@/parts/dialog";
import { Empty } from "@/parts/empty";
import { FailureCard } from "@/parts/failure-card";
import { Skeleton } from "@/parts/skeleton";
import { jobs as words } from "@/words/jobs";
import { BatchRow } from "./batch-row";
import { CancelWaiting } from "./cancel-waiting";
import { Finished, useFinished } from "./finished";
import { JobRow } from "./job-row";
import { Section } from "./section";

const NO_JOBS: readonly Generation[] = [];
const NO_BATCHES: readonly Batch[] = [];

export default function Drawer({ onClose }: { readonly onClose: () => void }) {
  const jobs = useOpenJobs();
  const open = jobs.value ?? NO_JOBS;
  const batches = useOpenBatches().value ?? NO_BATCHES;
  const finished = useFinished(batches);
  const account = useAccount().value;
  const tier = tierOf(useCatalog().value, account?.tier);
  const mayAct = useRole() !== "viewer";

  const isRunning = ({ status }: Batch) => status === "running";
  const waiting = open.filter(({ status }) => status === "queued");
  const sections = [
    {
      title: words.processing,
      jobs: open.filter(({ status }) => status === "processing"),
      batches: batches.filter(isRunning),
    },
    {
      title: words.waiting,
      jobs: waiting,
      batches: batches.filter((batch) => !isRunning(batch)),
      aside: tier && account && words.places(account.active, tier.jobsAtOnce),
    },
  ].filter((section) => section.jobs.length + section.batches.length > 0);

  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={words.title}
      shape="right"
      modal={false}
      actions={waiting.length > 0 && mayAct && <CancelWaiting waiting={waiting} />}
    >
      {jobs.error && !jobs.value && <FailureCard failure={jobs.error} />}
      {!jobs.value && !jobs.error && [0, 1, 2].map((n) => <Skeleton key={n} className="mb-2 h-14" />)}
      {jobs.value && sections.length === 0 && finished.count === 0 && <Empty>{words.empty}</Empty>}
      {sections.map((section) => (
        <Section
          key={section.title(0)}
          title={section.title(section.jobs.length + section.batches.length)}
          aside={section.aside}
        >
          {section.jobs.map((job) => (
            <JobRow key={job.path} job={job} mayAct={mayAct} />
          ))}
          {section.batches.map((batch) => (
            <BatchRow key={batch.id} batch={batch} mayAct={mayAct} />
          ))}
        </Section>
      ))}
      <Finished {...finished} mayAct={mayAct} />
    </Dialog>
  );
}
