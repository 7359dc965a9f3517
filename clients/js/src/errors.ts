import type { JobView, Reason, Refusal, Upload, WrongField } from "./types.js";

/** What the client sends again by itself; the app may do so, too. */
const RETRYABLE: readonly string[] = ["busy", "rate-limited", "network", "internal"];
/** What an SDK or the platform says where the backend itself said nothing: there are no `details`. */
const WITHOUT_DETAILS: Readonly<Record<string, string>> = {
  "functions/internal": "network", // fetch failed, or what came was no answer of a callable
  "functions/deadline-exceeded": "network",
  "functions/unavailable": "busy",
  "functions/resource-exhausted": "busy",
  "storage/retry-limit-exceeded": "network",
  "auth/network-request-failed": "network",
};

/**
 * Why something was refused, or failed. Decide by `reason`; the message is English and for developers.
 *
 * `reason` is one of the contract's refusals; `network` where no answer came; else the code of the
 * SDK (`permission-denied`, `unauthorized` …), without the name of its service. `unknown`: see `cause`.
 */
export class MediaForgeError extends Error {
  override readonly name: string = "MediaForgeError";
  readonly reason: Reason | "network" | (string & {});
  /** Of a refusal that has them: what is wrong with which field. */
  readonly fieldErrors: readonly WrongField[];
  /** The refusal with all its numbers: `if (error.details?.reason === "rate-limited") …`. */
  readonly details: Refusal | undefined;
  /** Whether the same may be asked for again, with the same `requestId`. */
  readonly retryable: boolean;
  /** What the request was sent with; the same again is the same job, charged once. */
  readonly requestId: string | undefined;

  constructor(
    reason: string,
    message: string,
    about: {
      details?: Refusal | undefined;
      fieldErrors?: readonly WrongField[];
      retryable?: boolean;
      requestId?: string | undefined;
      cause?: unknown;
    } = {},
  ) {
    super(message, about.cause === undefined ? undefined : { cause: about.cause });
    this.reason = reason;
    this.details = about.details;
    const { fieldErrors = [] } = (about.details ?? {}) as { fieldErrors?: readonly WrongField[] };
    this.fieldErrors = about.fieldErrors ?? fieldErrors;
    this.retryable = about.retryable ?? RETRYABLE.includes(reason);
    this.requestId = about.requestId;
  }
}

/** A job ended without a result. `reason` is the code of its error, or `cancelled`. */
export class GenerationFailed extends MediaForgeError {
  override readonly name = "GenerationFailed";
  /** The job's document as it ended. */
  readonly view: JobView;

  constructor(view: JobView) {
    const {
      code = view.status,
      message = `The job is ${view.status}.`,
      retryable = false,
    } = view.error ?? {};
    super(code, message, { retryable });
    this.view = view;
  }
}

/** The backend took an upload for no picture, or had no room for it. `reason` is its error's code. */
export class UploadRefused extends MediaForgeError {
  override readonly name = "UploadRefused";
  readonly upload: Upload;

  constructor(upload: Upload) {
    super(upload.error?.code ?? upload.status, upload.error?.message ?? "The upload was refused.");
    this.upload = upload;
  }
}

/** A document was to be changed `from` a version that is not its last one any more. */
export class VersionChanged extends MediaForgeError {
  override readonly name = "VersionChanged";
  /** The version that there is by now. */
  readonly version: number;

  constructor(version: number) {
    super("version-changed", `There is version ${version} by now.`);
    this.version = version;
  }
}

/** A module of the client that is loaded late. Throws `MediaForgeError` where it cannot be. */
export async function loaded<T>(module: Promise<T>): Promise<T> {
  return module.catch((cause: unknown) => {
    throw new MediaForgeError("network", "A part of the client could not be loaded.", { cause });
  });
}

/** An SDK's error as one of ours. */
export function errorOf(error: unknown, requestId?: string): MediaForgeError {
  if (error instanceof MediaForgeError) return error;
  const {
    code = "",
    message = String(error),
    details,
  } = error as {
    code?: string;
    message?: string;
    details?: Partial<Refusal>;
  };
  if (typeof details?.reason === "string") {
    return new MediaForgeError(details.reason, message, {
      details: details as Refusal,
      requestId,
      cause: error,
    });
  }
  const reason = WITHOUT_DETAILS[code] ?? (code.replace(/^[a-z-]+\//, "") || "unknown");
  return new MediaForgeError(reason, message, { requestId, cause: error });
}
