// What users read. Each feature's own words are in a file beside this one; what all of them say is here.
import type { Reason, Refusal } from "@/live/reasons";

export const plural = (n: number, one: string, many = `${one}s`) =>
  `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
export const credits = (n: number) => plural(n, "credit");

export const app = {
  name: "MediaForge",
  description: "Images and videos from a prompt.",
  skip: "Skip to the content",
  offline: "You are offline. What you send is kept here.",
  unreachable: "The service does not answer. It is tried again by itself.",
  online: "You are online again.",
  asOf: (time: string) => `Shown as of ${time}.`,
  tryAgain: "Try again",
  undo: "Undo",
  cancel: "Cancel",
  close: "Close",
  back: "Back",
  more: "More",
  copied: "Copied",
  copy: "Copy",
  notFound: "There is nothing at this address.",
  notShared: "This does not exist, or is not shared with you.",
  failed: "This could not be loaded.",
};

export const places = {
  create: "Create",
  library: "Library",
  batches: "Batches",
  packs: "Packs",
  templates: "Templates",
  brands: "Brands",
  team: "Team",
  account: "Account",
  jobs: "Jobs",
  more: "More",
  generation: "Generation",
};

export const shell = {
  navigation: "Main",
  pays: "Who pays",
  personal: "Personal",
  newTeam: "Teams",
  jobs: (n: number) => (n === 0 ? "No open jobs" : plural(n, "open job")),
  jobsShort: (n: number) => (n === 0 ? "Jobs" : plural(n, "job")),
  balance: (n: number) => `${credits(n)} available`,
  held: (n: number) => `${credits(n)} held for open jobs`,
  tier: (title: string) => `Tier: ${title}`,
  usage: (used: number, of: number | null, what: string) =>
    of === null ? `${used} ${what} today` : `${used} of ${of} ${what} today`,
  seeAccount: "Open account",
  theme: "Theme",
  themes: { system: "As the system", light: "Light", dark: "Dark" },
  shortcuts: "Keyboard shortcuts",
  signIn: "Sign in",
  signOut: "Sign out",
  account: (name: string) => `Account of ${name}`,
  unsent: (n: number) => `Sign out with ${plural(n, "unsent request")}?`,
  unsentBody: "They are kept in this browser and sent when you sign in again.",
  commands: "Commands",
  commandsHint: "Go somewhere, or do something",
  nothingFound: "Nothing found.",
};

export const session = {
  guest: "Guest",
  title: "Sign in to MediaForge",
  demo: "Continue as demo user",
  admin: "Administrator",
  another: "Another user",
  google: "Continue with Google",
  or: "or",
  email: "E-mail",
  sendLink: "Send me a link",
  sent: (email: string) => `Look in your mail at ${email}. The link works once.`,
  otherAddress: "Other address",
  whichAddress: "Which address was the link sent to?",
  finish: "Sign in",
  finishing: "Signing in",
  notALink: "This link does not sign anybody in.",
  needed: "Sign in to see this.",
  errors: {
    "auth/invalid-action-code": "This link was used before, or is too old. Ask for a new one.",
    "auth/expired-action-code": "This link is too old. Ask for a new one.",
    "auth/invalid-email": "This is not an e-mail address, or not the one that the link was sent to.",
    "auth/network-request-failed": "There is no connection. Try again when you are online.",
    "auth/popup-closed-by-user": "The window was closed before you were signed in.",
    "auth/user-disabled": "This account is blocked. Your work is kept.",
    "auth/user-not-found": "This demo user is not there yet: the suite is still starting.",
  } as Record<string, string>,
  failed: "Signing in did not work. Try again.",
};

/** What the sentence of a refusal needs to know of the catalogue. */
export interface Names {
  readonly model?: (id: string) => string;
  readonly time?: (moment: string) => string;
}

const USED: Record<string, string> = {
  images: "images",
  videos: "videos",
  trainings: "trainings",
  credits: "credits",
  directions: "briefs",
  direction_refusals: "refused briefs",
  teams: "new teams",
  exports: "exports",
};

type Sentences = {
  readonly [Each in Reason]: (refusal: Extract<Refusal, { reason: Each }>, names: Names) => string;
};

const sentences: Sentences = {
  unauthenticated: () => "Your sign-in has ended. Nothing is lost.",
  "invalid-request": ({ fieldErrors }) =>
    fieldErrors.length === 1
      ? (fieldErrors[0]?.message ?? "")
      : `${fieldErrors.length} fields need attention.`,
  "insufficient-credits": ({ required, available, welcome }) =>
    `This needs ${credits(required)}; ${available} are available.${
      welcome === "verify"
        ? " Your welcome credits come once your e-mail address is verified."
        : welcome === "tomorrow"
          ? " Today's welcome credits are given away; more come tomorrow."
          : ""
    }`,
  "quota-exceeded": ({ used, limit, of, resetsAt, limitOf }, { time }) =>
    `${used} of ${limit} ${USED[of] ?? of} a day are used${limitOf === "member" ? " in this team" : ""}. More at ${
      time?.(resetsAt) ?? resetsAt
    }.`,
  "rate-limited": ({ retryAfterSeconds }) =>
    `That was quick. Sent again by itself in ${retryAfterSeconds} s.`,
  "model-not-in-tier": ({ model }, { model: title }) =>
    `${title?.(model) ?? model} is not part of your tier.`,
  "priority-not-in-tier": ({ priority }) =>
    `${priority.charAt(0).toUpperCase()}${priority.slice(1)} priority is not part of your tier.`,
  "batch-too-large": ({ limit, of }) =>
    of === "rows"
      ? `Your tier takes ${limit} rows a batch.`
      : `Your tier takes ${limit} batches at a time; wait until one has ended.`,
  "over-budget": ({ required, maxCredits }) =>
    `This would cost ${credits(required)}; the cap is ${maxCredits}.`,
  "request-too-large": ({ bytesMax }) => `This is larger than ${Math.round(bytesMax / 1024)} kB.`,
  "cancel-is-charged": ({ credits: price }) =>
    `It is already being made. Cancelling costs ${credits(price)}.`,
  "not-a-member": () => "You are not in this team any more.",
  "role-not-allowed": () => "Viewers look on; an owner can change that.",
  "not-owner": () => "Only an owner can do this.",
  "not-admin": () => "Only an administrator can do this.",
  "scope-missing": ({ scope }) => `This key may not do that: it needs ${scope}.`,
  "account-blocked": () => "This account is blocked. Your work is kept.",
  "reference-missing": ({ fieldErrors }) => `${picture(fieldErrors)} is not there any more.`,
  "reference-unreadable": ({ fieldErrors }) => `${picture(fieldErrors)} cannot be read as an image.`,
  "variable-missing": ({ names }) => `Fill in ${names.join(", ")}.`,
  "not-found": () => app.notShared,
  "illegal-state": ({ status }) => (status ? `It has moved on: it is ${status}.` : "It has moved on."),
  "request-id-reused": () => "This was sent before with other settings.",
  busy: () => "The service is busy. Nothing is lost; try again in a moment.",
  internal: () => "Something broke on our side. Nothing is lost; try again.",
};

function picture(fieldErrors: readonly { readonly field: string }[]): string {
  const index = /references\[(\d+)\]/.exec(fieldErrors[0]?.field ?? "")?.[1];
  return index === undefined ? "A picture" : `Picture ${Number(index) + 1}`;
}

/** What the client itself says where the backend said nothing. */
const ELSE: Record<string, string> = {
  network: "There is no connection.",
  unavailable: "There is no connection.",
  "permission-denied": app.notShared,
  unauthorized: app.notShared,
};

/** The sentence of a refusal. One that is not known says what the server said. */
export function refusal(
  {
    reason,
    message,
    details,
  }: { readonly reason: string; readonly message: string; readonly details?: unknown },
  names: Names = {},
): string {
  if (reason in sentences && typeof details === "object" && details !== null) {
    const sentence = sentences[reason as Reason] as (of: unknown, names: Names) => string;
    return sentence(details, names);
  }
  if (reason in SHORT) return SHORT[reason as keyof typeof SHORT];
  return ELSE[reason] ?? message;
}

/** Of refusals that come without their numbers, from a listener. */
const SHORT = {
  unauthenticated: "Your sign-in has ended. Nothing is lost.",
  "not-found": app.notShared,
  busy: "The service is busy. Nothing is lost; try again in a moment.",
  internal: "Something broke on our side. Nothing is lost; try again.",
  "not-a-member": "You are not in this team any more.",
  "account-blocked": "This account is blocked. Your work is kept.",
  "reference-unreadable": "This cannot be read as an image.",
  "quota-exceeded": "There is no room for it.",
};

export const reasons = Object.keys(sentences);

/** What helps when a job has failed. */
export type Help = "edit" | "retry" | "replace" | "brand";
interface Failed {
  readonly says: (error: { message: string }, attempts: number) => string;
  readonly help: Help;
}

const noAnswer: Failed = {
  says: (_, attempts) => `The model did not answer after ${plural(attempts, "try", "tries")}.`,
  help: "retry",
};
const nothing: Failed = { says: () => "The model made nothing this time.", help: "retry" };
const ours: Failed = { says: () => "Something broke on our side.", help: "retry" };
const refused: Failed = { says: ({ message }) => `The model refused the request: ${message}`, help: "edit" };
const setUp: Failed = { says: () => "This model is not set up rightly here.", help: "edit" };
const training: Failed = {
  says: ({ message }) => `The training ended without a brand: ${message}`,
  help: "retry",
};

const failures: Record<string, Failed> = {
  "content-blocked": { says: () => "The model’s safety filter refused this.", help: "edit" },
  "provider-rejected": refused,
  "request-too-large": refused,
  "provider-unavailable": noAnswer,
  "provider-failed": noAnswer,
  throttled: noAnswer,
  "provider-overrun": noAnswer,
  "operation-gone": noAnswer,
  "provider-cancelled": noAnswer,
  "provider-ended": noAnswer,
  "provider-forgot": noAnswer,
  "provider-misconfigured": setUp,
  "provider-missing": setUp,
  "empty-answer": nothing,
  "no-image": nothing,
  "nothing-delivered": nothing,
  internal: ours,
  "worker-lost": ours,
  "storage-busy": ours,
  expired: { says: () => "It waited two days and was given up.", help: "retry" },
  "brand-missing": { says: () => "Its brand was deleted.", help: "brand" },
  "reference-missing": { says: () => "A picture it needs is not there any more.", help: "replace" },
  "reference-unreadable": { says: () => "A picture it needs cannot be read.", help: "replace" },
  "training-cancelled": training,
  "training-ended": training,
  "training-failed": training,
  "training-gone": training,
  "training-no-machine": training,
  "training-rejected": training,
};
export const failureCodes = Object.keys(failures);

export const charged = (n: number) =>
  n === 0 ? "Nothing was charged." : `${credits(n)} ${n === 1 ? "was" : "were"} charged.`;

/** Why a job failed and what it cost, and what helps. */
export function failure(
  error: { readonly code: string; readonly message: string; readonly retryable: boolean } | null,
  attempts: number,
  paid: number,
): { readonly says: string; readonly help: Help } {
  const known = error ? failures[error.code] : undefined;
  const says = known && error ? known.says(error, attempts) : (error?.message ?? "It failed.");
  const whole = /[.!?]$/.test(says.trim()) ? says.trim() : `${says.trim()}.`;
  const help = known?.help ?? (error?.retryable ? "retry" : "edit");
  return { says: `${whole} ${charged(paid)}`, help: help === "retry" && !error?.retryable ? "edit" : help };
}

/** The job's states, as its tile, its row and its details say them. */
export const job = {
  sending: "Sending",
  keptOffline: "Kept here. Sent when you are online",
  unsafe: "Not sent. Send?",
  queued: "Queued",
  capacity: (active: number | undefined, of: number | undefined) =>
    active !== undefined && of !== undefined
      ? `Waiting for a free place (${active} of ${of} in use)`
      : "Waiting for a free place",
  schedule: (when: string) => `Starts ${when}`,
  resume: "Held by a spending limit",
  batch: "Its turn in the batch",
  provider: "The model is out of order; tried again by itself",
  processing: "Processing",
  attempt: (n: number) => `${n}${["th", "st", "nd", "rd"][n < 4 ? n : 0]} try`,
  cancelling: "Cancelling",
  cancelled: (paid: number) => `Cancelled. ${paid === 0 ? "Nothing charged" : `Charged ${paid}`}`,
  partial: (made: number, of: number, back: number) =>
    `${made} of ${of} made.${back > 0 ? ` ${credits(back)} came back` : ""}`,
  missing: "–",
  reused: "Found again, 0 credits",
  notShared: "Not shared with you any more",
  deleted: "Deleted",
  discard: "Discard",
  cancel: "Cancel",
  retry: "Try again",
  edit: "Edit prompt",
  replace: "Replace picture",
  brand: "Choose a brand",
  again: "Run again",
  rest: (n: number) => `Make the other ${n}`,
  useAgain: "Use again",
  open: (prompt: string) => `Open: ${prompt}`,
  alt: (prompt: string, n: number, of: number) => (of > 1 ? `${prompt} (${n} of ${of})` : prompt),
  cancelPaid: (n: number) => `Cancelling costs ${credits(n)}`,
  cancelPaidBody: "It is already being made. The model bills it whether you wait or not.",
  cancelAndPay: (n: number) => `Cancel and pay ${n}`,
  letFinish: "Let it finish",
};

export const announce = {
  sent: (held: number) => `Sent. ${credits(held)} held.`,
  ready: (images: number, videos: number) =>
    [images && plural(images, "image"), videos && plural(videos, "video")]
      .filter(Boolean)
      .join(", ")
      .concat(" ready"),
  failed: (n: number, why: string) => `${n} failed: ${why}`,
};

export const keys = {
  generate: "Generate",
  commands: "Command menu",
  search: "Search, or the prompt",
  create: "Go to Create",
  library: "Go to Library",
  batches: "Go to Batches",
  packs: "Go to Packs",
  templates: "Go to Templates",
  brands: "Go to Brands",
  jobs: "Open Jobs",
  account: "Go to Account",
  shortcuts: "This list",
  move: "Move from picture to picture",
  open: "Open",
  select: "Select",
  selectAll: "Select all that are loaded",
  favourite: "Star",
  tag: "Tag",
  compare: "Compare",
  useAgain: "Use again",
  variations: "Variations",
  download: "Download",
  delete: "Delete",
  undo: "Undo",
  next: "Previous, next",
  picture: "Picture of several",
  zoom: "Actual size",
  info: "Details",
  close: "Close",
  divider: "Move the divider",
  flick: "Flick",
  swap: "Swap",
  vote: "Vote A, B, tie",
  cells: "As in a spreadsheet",
  reorder: "Move a row or a picture",
};

export const keyPlaces = {
  everywhere: "Everywhere",
  page: "On a page",
  form: "Prompt",
  grid: "Pictures",
  details: "Details",
  compare: "Compare",
  sheet: "Batch editor",
  editor: "Lists in order",
};
