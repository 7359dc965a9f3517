/** What the page for administrators says to them. (To others: closed.ts.) */
import { credits, grouped, plural } from "./counts";

interface Counted {
  readonly letters: number;
  readonly stuck: readonly unknown[];
  readonly isFine: boolean;
}

export const operateWords = {
  title: "Operations",
  asOf: (time: string) => `As of ${time}.`,
  look: "Look again",
  tabs: {
    overview: ({ isFine }: Counted) => (isFine ? "Overview" : "Overview (needs you)"),
    letters: ({ letters }: Counted) => `Dead letters (${grouped(letters)})`,
    stuck: ({ stuck }: Counted) => `Stuck jobs (${grouped(stuck.length)})`,
    account: (_: Counted) => "Account",
  },

  checks: "What jobs need",
  isFine: "in order",
  isWrong: "not in order",
  runbook: (section: string) => `see docs/runbook.md, ${section.replaceAll("-", " ")}`,
  queues: "Queues in which jobs wait for a worker",
  noQueues: "No job waits for a worker.",
  queue: (jobs: number, age: string) => `${plural(jobs, "job")}, the oldest for ${age}`,
  fuses: "Fuses",
  fuseOf: (of: string) => (of === "project" ? "All accounts" : of === "free" ? "The free lane" : of),
  fuse: (blownAt: string | null, started: number | null, limit: number | null) =>
    [
      blownAt ? `blown since ${blownAt}` : "whole",
      started !== null && limit !== null && `${grouped(started)} of ${credits(limit)} in the hour`,
    ]
      .filter(Boolean)
      .join(" · "),
  reset: "Reset",
  resetOf: (of: string) => `Reset the fuse: ${of}`,
  resetBody: "What waited begins, and its hour begins anew. Find out first what it was.",
  breakers: "Models whose last call failed",
  noBreakers: "Every model answers.",
  breaker: (isOpen: boolean, failures: number, until: string | null) =>
    isOpen
      ? `its jobs wait${until ? ` until ${until}` : ""}; it closes by itself`
      : `${plural(failures, "failure")} in a row`,

  noLetters: "There is no dead letter.",
  letters: (shown: number, of: number) => `${grouped(shown)} of ${grouped(of)}, the oldest first.`,
  letterList: "Dead letters",
  died: (jobId: string, model: string, age: string) => `${jobId} · ${model} · died ${age} ago`,
  tried: (attempts: number, billed: number) =>
    `${plural(attempts, "attempt")}, ${plural(billed, "start")} that may have been billed`,
  replay: "Replay",
  replayOf: (jobId: string) => `Replay ${jobId}`,
  replayBody:
    "The job is repeated for its user, as their own retry would, at today’s price. The letter goes.",
  replayedAs: (jobId: string) => `Replayed as ${jobId}`,
  replayedRow: "Replayed in its batch",
  purge: "Purge",
  purgeOf: (jobId: string) => `Purge ${jobId}`,
  purgeBody: "The letter goes for good. The job stays failed; its credits came back long ago.",
  purged: "Purged",

  noStuck: (unsettled: number) => `No job is stuck. ${plural(unsettled, "job")} on the way.`,
  stuckList: "Stuck jobs",
  trouble: {
    overdue: "Nobody has touched it in time",
    slow: "It has its slot, and nobody has begun it",
    fuse: "It waits until a fuse is reset",
  },
  accepted: (jobId: string, queue: string, age: string) => `${jobId} · ${queue} · accepted ${age} ago`,

  accountId: "Account or user",
  accountHint: "user_… or team_…, or a user’s id",
  wrongAccount: "This is no id of an account or a user.",
  show: "Show",
  noAccount: "There is no such account.",
  tier: "Tier",
  available: "Available",
  held: "Held",
  owed: "Owed",
  slots: "Slots in use",
  openJobs: "Open jobs",
  none: "none",
  opened: "Opened",
  blocked: (since: string, reason: string | null) => `Blocked since ${since}${reason ? `: ${reason}` : ""}`,
  fuseBlown: (since: string) => `Its fuse has been blown since ${since}.`,
  erasing: (since: string) => `Its user is being erased since ${since}.`,
  ledger: "Ledger",
  columns: ["When", "What", "Credits", "Available", "Held", "Of", "By", "Why"],
  change: (n: number) => `${n > 0 ? "+" : n < 0 ? "–" : ""}${grouped(Math.abs(n))}`,
  acts: {
    adjust: "Correct the balance",
    setTier: "Change the tier",
    resetFuse: "Reset the fuse",
    block: "Block",
    unblock: "Unblock",
  },
  actBodies: {
    adjust: "An entry in the ledger. The account’s users see its reason.",
    setTier: "What the new tier gives this month beyond the old one comes at once.",
    resetFuse: "What waited begins, and its hour begins anew.",
    block: "Everything that is asked for it is refused from now on. Its users may read the reason.",
    unblock: "Its users may ask again, and waiting jobs get their slots.",
  },
  amount: "Credits",
  amountHint: "A minus takes some away.",
  wrongAmount: "A whole number that is not 0.",
  becomes: (n: number) => `${credits(n)} available then`,

  reason: "Reason",
  reasonHint: "Kept in the audit with your user id. Name a ticket, not a person.",
  needsReason: "Nothing is done without a reason.",
} as const;
