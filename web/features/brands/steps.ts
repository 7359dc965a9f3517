/** How far a training is, as its steps show it. Pure. */
import type { Brand } from "@/live/brands";
import { brandWords as words } from "@/words/brands";

export type StepState = "done" | "now" | "next" | "failed";

export interface Step {
  readonly name: string;
  readonly state: StepState;
}

type Trained = Pick<Brand, "status" | "progress">;

const AT = { queued: 1, training: 2, ready: 4 } as const;

export function stepsOf({ status, progress, references }: Trained & Pick<Brand, "references">): Step[] {
  const names = [
    words.stepPictures(references.length),
    words.stepQueued,
    words.stepTraining,
    words.stepReady,
  ];
  if (status === "failed") {
    // One that never began has no progress.
    const begun = progress > 0 ? names.slice(0, 3) : names.slice(0, 2);
    return [
      ...begun.map((name): Step => ({ name, state: "done" })),
      { name: words.stepFailed, state: "failed" },
    ];
  }
  const at = AT[status];
  return names.map((name, step) => ({ name, state: step < at ? "done" : step === at ? "now" : "next" }));
}

/** A word for the list. */
export function statusOf({ status, progress }: Trained): string {
  return status === "training" && progress > 0
    ? words.progress(Math.round(progress * 100))
    : words.statuses[status];
}
