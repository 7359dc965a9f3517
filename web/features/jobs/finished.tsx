import { useState } from "react";
import { type Batch, useEndedBatches } from "@/live/batches";
import type { Generation } from "@/live/generation";
import { useEnded } from "@/live/jobs";
import { Button } from "@/parts/button";
import { jobs as words } from "@/words/jobs";
import { BatchRow } from "./batch-row";
import { JobRow } from "./job-row";
import { Section } from "./section";

/** What was cleared away stays away when the drawer is opened again. */
const cleared = new WeakSet<Batch | Generation>();

/** What has ended since the page was opened, and is not open again. */
export function useFinished(open: readonly Batch[]) {
  const [, setClearings] = useState(0);
  const jobs = useEnded().filter((job) => !cleared.has(job));
  const batches = useEndedBatches().filter(
    (batch) => !cleared.has(batch) && !open.some(({ id }) => id === batch.id),
  );
  const clear = () => {
    for (const each of [...jobs, ...batches]) cleared.add(each);
    setClearings((n) => n + 1);
  };
  return { jobs, batches, clear, count: jobs.length + batches.length };
}

type Props = ReturnType<typeof useFinished> & { readonly mayAct: boolean };

export function Finished({ jobs, batches, clear, count, mayAct }: Props) {
  if (!count) return null;
  return (
    <Section
      title={words.finished(count)}
      aside={
        <Button look="link" className="h-6" onClick={clear}>
          {words.clear}
        </Button>
      }
    >
      {batches.map((batch) => (
        <BatchRow key={batch.id} batch={batch} mayAct={mayAct} />
      ))}
      {jobs.map((job) => (
        <JobRow key={job.path} job={job} mayAct={mayAct} />
      ))}
    </Section>
  );
}
