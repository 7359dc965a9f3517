// Why a job failed, what it cost, and what helps.
import { credits, plural } from "./counts";

/** What helps when a job has failed. */
export type Help = "edit" | "retry" | "replace" | "brand";
interface Failed {
  readonly says: (error: { message: string }, attempts: number) => string;
  readonly help: Help;
}

const plain = (says: string, help: Help): Failed => ({ says: () => says, help });

const noAnswer: Failed = {
  says: (_, attempts) => `The model did not answer after ${plural(attempts, "try", "tries")}.`,
  help: "retry",
};
const nothing = plain("The model made nothing this time.", "retry");
const unusable = plain("What the model made could not be used.", "retry");
const ours = plain("Something broke on our side.", "retry");
const refused: Failed = { says: ({ message }) => `The model refused the request: ${message}`, help: "edit" };
const setUp = plain("This model is not set up rightly here.", "edit");
const brand = plain("Its brand does not work with this model.", "brand");
const training: Failed = {
  says: ({ message }) => `The training ended without a brand: ${message}`,
  help: "retry",
};

/** By the code of a job's `error`. `tests/unit/test_studio_words.py` holds that every code is here. */
const failures: Record<string, Failed> = {
  "content-blocked": plain("The model’s safety filter refused this.", "edit"),
  "model-refused": plain("The model will not make this.", "edit"),
  "output-limit": plain("The model came to its limit before there was a picture.", "edit"),
  "provider-rejected": refused,
  "request-too-large": refused,
  "invalid-input": refused,
  "out-of-memory": plain("This is too large for the model.", "edit"),
  "audio-unsupported": plain("This model makes silent videos only.", "edit"),
  "first-frame-unsupported": plain("This model cannot begin with a picture.", "edit"),
  "first-frame-missing": plain("This model needs a picture to begin with.", "edit"),
  "last-frame-unsupported": plain("This model cannot end with a picture.", "edit"),
  "last-frame-missing": plain("This model needs a picture to end with.", "edit"),
  "reference-needed": plain("This model needs a picture to work on.", "edit"),
  "references-not-taken": plain("This model takes no pictures.", "edit"),
  "words-too-many": plain("These are more words than the model takes.", "edit"),
  "silence-not-made": plain("This model’s videos always have sound.", "edit"),
  "style-missing": plain("Its style is not offered any more.", "edit"),
  "model-retired": plain("This model is not offered any more.", "edit"),
  "provider-misconfigured": setUp,
  "provider-not-allowed": setUp,
  "provider-not-found": setUp,
  "provider-unavailable": noAnswer,
  "provider-failed": noAnswer,
  throttled: noAnswer,
  "provider-overrun": noAnswer,
  "provider-timed-out": noAnswer,
  "operation-gone": noAnswer,
  "provider-cancelled": noAnswer,
  "provider-ended": noAnswer,
  "provider-forgot": noAnswer,
  "worker-broken": noAnswer,
  "no-gpu": noAnswer,
  "empty-answer": nothing,
  "no-image": nothing,
  "nothing-delivered": nothing,
  "nothing-rendered": nothing,
  "output-not-ours": unusable,
  "result-missing": unusable,
  "result-unreadable": unusable,
  "result-too-large": unusable,
  "result-unreachable": unusable,
  "reused-result-missing": plain("What was made before was deleted before it could be shown again.", "retry"),
  internal: ours,
  "worker-lost": ours,
  "storage-busy": ours,
  "storage-unavailable": ours,
  expired: plain("It waited two days and was given up.", "retry"),
  cancelled: plain("It was cancelled.", "retry"),
  "brand-missing": plain("Its brand was deleted.", "brand"),
  "lora-missing": brand,
  "lora-unusable": brand,
  "lora-wrong-base": brand,
  "reference-missing": plain("A picture it needs is not there any more.", "replace"),
  "reference-unreadable": plain("A picture it needs cannot be read.", "replace"),
  "reference-too-large": plain("A picture it needs is too large.", "replace"),
  "reference-unfit": plain("The picture is too long, or as large already as what was asked for.", "replace"),
  "handle-unknown": training,
  "training-cancelled": training,
  "training-ended": training,
  "training-failed": training,
  "training-gone": training,
  "training-no-machine": training,
  "training-rejected": training,
};
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
