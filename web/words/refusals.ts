// Why a request was refused.
import type { Reason, Refusal } from "@/live/reasons";
import { credits } from "./counts";

export const NOT_SHARED = "This does not exist, or is not shared with you.";

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
  "not-found": () => NOT_SHARED,
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
  "permission-denied": NOT_SHARED,
  unauthorized: NOT_SHARED,
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
  "not-found": NOT_SHARED,
  busy: "The service is busy. Nothing is lost; try again in a moment.",
  internal: "Something broke on our side. Nothing is lost; try again.",
  "not-a-member": "You are not in this team any more.",
  "account-blocked": "This account is blocked. Your work is kept.",
  "reference-unreadable": "This cannot be read as an image.",
  "quota-exceeded": "There is no room for it.",
};

export const reasons = Object.keys(sentences);
