import { Check, Circle, CircleAlert, LoaderCircle } from "lucide-react";
import { useEffect, useRef } from "react";
import { type Brand, readBrandsAgain } from "@/live/brands";
import { Button } from "@/parts/button";
import { moment } from "@/parts/clock";
import { Bar } from "@/parts/job-face/words";
import { LinkButton } from "@/parts/link-button";
import { announce } from "@/parts/live-region";
import { Notice } from "@/parts/notice";
import { useAct } from "@/parts/use-act";
import { brandWords as words } from "@/words/brands";
import { trainAgain } from "./actions";
import { formOf } from "./form";
import { Pictures } from "./pictures";
import { type StepState, stepsOf } from "./steps";

interface Props {
  readonly brand: Brand;
  readonly isOwn: boolean;
  readonly onAgain: (brandId: string) => void;
  /** A new form with its pictures. */
  readonly onChange: () => void;
}

const ICONS = { done: Check, now: LoaderCircle, next: Circle, failed: CircleAlert } as const;
const COLOURS: Record<StepState, string> = {
  done: "text-ok",
  now: "text-accent-text",
  next: "text-text3",
  failed: "text-bad",
};
const timeOf = ({ seconds }: { readonly seconds: number }) => moment(new Date(seconds * 1000).toISOString());

export function Training({ brand, isOwn, onAgain, onChange }: Props) {
  const { name, status, progress, error } = brand;
  useEnd(brand);
  const steps = stepsOf(brand);
  const times = new Map([[0, timeOf(brand.created_at)]]);
  if (status === "ready" || status === "failed") times.set(steps.length - 1, timeOf(brand.modified));
  return (
    <div className="flex max-w-2xl flex-col gap-4">
      <h2 className="font-semibold text-section">{name}</h2>
      <ol aria-label={words.steps} className="flex flex-col">
        {steps.map((step, at) => {
          const Icon = ICONS[step.state];
          const percent = Math.round(progress * 100);
          const isTraining = status === "training" && step.state === "now";
          return (
            <li
              key={step.name}
              aria-current={step.state === "now" ? "step" : undefined}
              className="flex min-h-10 items-center gap-2.5 text-control"
            >
              <Icon size={16} aria-hidden className={COLOURS[step.state]} />
              <span>
                {step.name} <span className="sr-only">{words.states[step.state]}</span>
              </span>
              {isTraining && (
                <>
                  <span className="relative h-[3px] w-40 bg-sunken">
                    <Bar progress={progress} label={step.name} />
                  </span>
                  {progress > 0 && <span className="tabular-nums">{words.percent(percent)}</span>}
                </>
              )}
              <time className="ms-auto text-meta text-text3 tabular-nums">{times.get(at)}</time>
            </li>
          );
        })}
      </ol>
      {status === "failed" && (
        <Failed {...{ brand, isOwn, onAgain, onChange }} why={error?.message ?? words.failed} />
      )}
      {status === "ready" && (
        <LinkButton href={`/?brand=${brand.id}`} className="self-start">
          {words.use}
        </LinkButton>
      )}
      <Pictures paths={formOf(brand).paths} />
    </div>
  );
}

/** Says it when the training ends, and has the list say so, too. */
function useEnd({ name, status }: Brand): void {
  const before = useRef(status);
  useEffect(() => {
    if (before.current === status) return;
    before.current = status;
    if (status === "ready") announce(words.isReady(name));
    if (status === "failed") announce(words.hasFailed(name));
    readBrandsAgain();
  }, [status, name]);
}

function Failed({ brand, isOwn, onAgain, onChange, why }: Props & { readonly why: string }) {
  const { isBusy, failed, act } = useAct();
  const again = () => void act(async () => onAgain(await trainAgain(brand.job_id)));
  return (
    <Notice
      tone="bad"
      actions={
        isOwn && (
          <>
            <Button look="link" disabled={isBusy} onClick={again}>
              {words.again}
            </Button>
            <Button look="link" onClick={onChange}>
              {words.change}
            </Button>
          </>
        )
      }
    >
      {failed ?? `${why} ${words.kept}`}
    </Notice>
  );
}
