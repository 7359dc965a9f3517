// The states that have no picture yet, or never will.
import {
  CalendarClock,
  CirclePause,
  CircleSlash,
  Clock,
  CloudOff,
  type LucideIcon,
  PlugZap,
  Recycle,
  Rows3,
  TriangleAlert,
  X,
} from "lucide-react";
import { job as words } from "@/words/en";
import { Button } from "../button";
import { elapsed, useNow } from "../clock";
import { cx } from "../cx";
import { IconButton } from "../icon-button";
import type { FaceAction, FaceIcon, FaceState } from "./state";

const ICONS: Record<FaceIcon, LucideIcon> = {
  clock: Clock,
  schedule: CalendarClock,
  hold: CirclePause,
  batch: Rows3,
  provider: PlugZap,
  offline: CloudOff,
  failed: TriangleAlert,
  cancelled: CircleSlash,
  reused: Recycle,
  gone: CircleSlash,
};

export function StateIcon({ icon, className }: { readonly icon: FaceIcon; readonly className?: string }) {
  const Icon = ICONS[icon];
  return <Icon size={14} aria-hidden className={cx("shrink-0", className)} />;
}

type OnAction = ((action: FaceAction) => void) | undefined;

interface WaitingProps {
  readonly state: FaceState;
  readonly prompt?: string;
  readonly since?: number;
  /** 0 to 1; undefined: it is not being made yet. */
  readonly progress?: number | undefined;
  readonly isVideo?: boolean;
  readonly isSending?: boolean;
  readonly onAction?: OnAction;
}

export function Waiting({ state, prompt, since, progress, isSending, onAction }: WaitingProps) {
  const { action, offers, icon, says } = state;
  const isWorking = progress !== undefined;
  return (
    <div
      className={cx(
        "absolute inset-0 flex flex-col justify-between p-2 pb-2.5",
        state.isDimmed && "opacity-60",
      )}
    >
      {isWorking && <span aria-hidden className="absolute inset-0 animate-breathe bg-hover" />}
      <div className="relative flex items-start gap-1">
        <p className="mr-auto line-clamp-2 min-w-0 text-meta text-text3">{prompt}</p>
        {action && onAction && action !== "rest" && (
          <IconButton
            label={action === "send" ? words.discard : (offers ?? words.cancel)}
            onClick={() => onAction(action === "send" ? "discard" : action)}
            className="-mt-1 -mr-1 size-7"
          >
            <X size={14} />
          </IconButton>
        )}
      </div>
      <div className="relative flex flex-wrap items-end gap-1.5 text-meta text-text2">
        {icon && <StateIcon icon={icon} className="mb-px" />}
        <span className="mr-auto min-w-0">{says}</span>
        {(action === "rest" || action === "send") && onAction && (
          <Button look="link" className="h-6" onClick={() => onAction(action)}>
            {offers}
          </Button>
        )}
        {isWorking && since !== undefined && <Elapsed since={since} />}
      </div>
      {isSending && (
        <span
          aria-hidden
          className="absolute inset-x-0 bottom-0 border-b-3 border-control border-dashed opacity-60"
        />
      )}
      {isWorking && <Bar progress={progress} label={says} />}
    </div>
  );
}

function Elapsed({ since }: { readonly since: number }) {
  const now = useNow();
  return <time className="tabular-nums">{now ? elapsed(now - since) : ""}</time>;
}

/** Without a known share it moves; forced colours and reduced motion keep its edge. */
export function Bar({ progress, label }: { readonly progress: number; readonly label: string }) {
  return (
    <span
      role="progressbar"
      aria-label={label}
      aria-valuenow={progress > 0 ? Math.round(progress * 100) : undefined}
      className="absolute inset-x-0 bottom-0 h-[3px] overflow-hidden"
    >
      {progress > 0 ? (
        <span
          className="block h-full origin-left bg-accent transition-transform duration-240"
          style={{ transform: `scaleX(${Math.min(1, progress)})` }}
        />
      ) : (
        <span className="block h-full w-1/3 animate-sweep bg-accent" />
      )}
    </span>
  );
}

interface EndedProps {
  readonly state: FaceState;
  readonly prompt: string;
  readonly onAction?: OnAction;
}

export function Ended({ state, prompt, onAction }: EndedProps) {
  const { action, offers, icon, says } = state;
  return (
    <div className="absolute inset-0 flex flex-col gap-1.5 overflow-y-auto p-2.5">
      <p className={cx("flex gap-1.5 text-meta", state.isDimmed ? "text-text2" : "text-text")}>
        {icon && <StateIcon icon={icon} className={cx("mt-px", icon === "failed" && "text-bad")} />}
        {says}
      </p>
      <p className="mb-auto line-clamp-3 text-meta text-text3">{prompt}</p>
      {action && onAction && (
        <Button look="link" className="h-6 self-start pointer-coarse:h-11" onClick={() => onAction(action)}>
          {offers}
        </Button>
      )}
    </div>
  );
}
