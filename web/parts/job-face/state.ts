// What a job's tile, row and details say of its state. Pure: the picture is drawn elsewhere.
import type { Generation } from "@/live/generation";
import { failure, job as words } from "@/words/en";

export type FaceAction =
  | "cancel"
  | "discard"
  | "send"
  | "retry"
  | "edit"
  | "replace"
  | "brand"
  | "again"
  | "rest";

export type FaceIcon =
  | "clock"
  | "schedule"
  | "hold"
  | "batch"
  | "provider"
  | "offline"
  | "failed"
  | "cancelled"
  | "reused"
  | "gone";

export interface FaceState {
  /** `waiting`: a skeleton with words; `made`: the pictures; `ended`: words alone. */
  readonly look: "waiting" | "working" | "made" | "ended";
  readonly says: string;
  readonly icon?: FaceIcon;
  readonly action?: FaceAction;
  /** The action's words. */
  readonly offers?: string;
  readonly isDimmed?: boolean;
}

/** What else the words need. */
export interface Around {
  /** How many of the account's places are in use, and how many there are. */
  readonly places?: { readonly active: number; readonly of: number } | undefined;
  /** A cancel was asked for and is not final. */
  readonly isCancelling?: boolean | undefined;
  readonly moment: (text: string) => string;
}

export function stateOf(generation: Generation, around: Around): FaceState {
  const { status, credits, error, attempts, count } = generation;
  if (around.isCancelling && (status === "queued" || status === "processing")) {
    return { look: "waiting", says: words.cancelling, isDimmed: true };
  }
  switch (status) {
    case "queued":
      return { look: "waiting", action: "cancel", offers: words.cancel, ...waiting(generation, around) };
    case "processing": {
      const says = attempts > 1 ? `${words.processing} · ${words.attempt(attempts)}` : words.processing;
      return { look: "working", says, action: "cancel", offers: words.cancel };
    }
    case "completed": {
      const missing = generation.missing ?? 0;
      if (missing > 0) {
        const says = words.partial(count - missing, count, credits.estimated - credits.charged);
        return { look: "made", says, action: "rest", offers: words.rest(missing) };
      }
      if (generation.reusedFrom) return { look: "made", says: words.reused, icon: "reused" };
      return { look: "made", says: "" };
    }
    case "failed": {
      const { says, help } = failure(error, attempts, credits.charged);
      return { look: "ended", icon: "failed", says, action: help, offers: words[help] };
    }
    case "cancelled":
      return {
        look: "ended",
        icon: "cancelled",
        says: words.cancelled(credits.charged),
        action: "again",
        offers: words.again,
        isDimmed: true,
      };
  }
}

function waiting(
  { waitingFor, requestData }: Generation,
  { places, moment }: Around,
): Pick<FaceState, "says" | "icon"> {
  // A status that a later backend adds is queued all the same.
  switch (waitingFor as string | null) {
    case "capacity":
      return { icon: "clock", says: words.capacity(places?.active, places?.of) };
    case "schedule":
      return { icon: "schedule", says: words.schedule(moment(String(requestData.scheduledAt ?? ""))) };
    case "resume":
      return { icon: "hold", says: words.resume };
    case "batch":
      return { icon: "batch", says: words.batch };
    case "provider":
      return { icon: "provider", says: words.provider };
    default:
      return { icon: "clock", says: words.queued };
  }
}

/** Of a submission that has no answer yet. */
export function sendingState(isOnline: boolean, isSafe: boolean): FaceState {
  if (!isSafe) return { look: "waiting", says: words.unsafe, action: "send", offers: words.send };
  if (isOnline) return { look: "waiting", says: words.sending, action: "discard", offers: words.discard };
  return {
    look: "waiting",
    icon: "offline",
    says: words.keptOffline,
    action: "discard",
    offers: words.discard,
  };
}
