// The contract of MediaForge as types: see docs/contract.md. Generated from the models by `make docs`.

/** A moment in a document: Firestore's own class fits. */
export interface Timestamp {
  readonly seconds: number;
  readonly nanoseconds: number;
  toDate(): Date;
  toMillis(): number;
}

// ---- Values ----

export type Priority = "low" | "normal" | "high";

export type ShareRole = "viewer" | "commenter";

export type JobKind = "image" | "video" | "training";

export type JobStatus = "queued" | "processing" | "completed" | "failed" | "cancelled";

export type ExportFormat = "csv" | "json" | "zip";

export type WebhookEvent = "job.completed" | "job.failed" | "job.cancelled" | "batch.completed" | "batch.cancelled";

export type Role = "owner" | "editor" | "viewer";

export type Scope = "read" | "generate" | "manage";

export type BatchStatus = "queued" | "running" | "paused" | "completed" | "cancelled";

export type WaitingFor = "capacity" | "schedule" | "resume" | "batch";

export type ExportStatus = "queued" | "processing" | "completed" | "failed";

export type WebhookStatus = "enabled" | "disabled";

export type NoticeStatus = "pending" | "delivered" | "failed" | "dropped";

export type Trouble = "overdue" | "slow" | "fuse";

export type EntryType = "grant" | "hold" | "capture" | "release" | "adjust";

export type BrandStatus = "queued" | "training" | "ready" | "failed";

export type UploadStatus = "processing" | "ready" | "refused";

export type Visibility = "private" | "team" | "public";

export type TemplateKind = "prompt" | "batch";

// ---- Requests. A field that is null counts as not given. ----

/** A picture that guides the model. */
export interface Reference {
  /**
   * An upload of the caller's (`references/{uid}/{fileId}.{png|jpg|jpeg|webp}`), or a generated
   * picture (`generating/{uid}/image/…`) that the caller may see: their own, or one that was made
   * for a team of theirs.
   */
  path: string;
  /** What the model takes from the picture: its style, or its composition, too. */
  mode: "style_only" | "style_and_composition";
}

/** A picture that is changed as the prompt says. */
export interface PictureToEdit {
  /** The same kinds of path as that of a reference: an upload, or a generated picture. */
  path: string;
}

/** A picture that a video begins or ends with. */
export interface Frame {
  /** The same kinds of path as that of a reference: an upload, or a generated picture. */
  path: string;
}

/** A video that is gone on with. */
export interface VideoToExtend {
  /**
   * A generated video (`generating/{uid}/video/…`) that the caller may see: their own, or one that
   * was made for a team of theirs. It has to be an MP4.
   */
  path: string;
}

/**
 * The most that one member may ask for on one UTC day. A limit that is not given does not exist. In
 * the member's document, `imagesADay` is `limits.images`, and so on: `limits.videos`,
 * `limits.trainings`, `limits.credits`.
 */
export interface MemberLimits {
  /** How many images the member may ask for. */
  imagesADay?: number | null;
  /** How many videos the member may ask for. */
  videosADay?: number | null;
  /** How many trainings the member may ask for. */
  trainingsADay?: number | null;
  /** Credits that the member may spend. */
  creditsADay?: number | null;
}

/** Asks for one to four pictures, which are made by one job. */
export interface GenerateImageRequest {
  /**
   * The team that pays. The caller has to be an editor or an owner of it. Without it the caller
   * pays.
   */
  teamId?: string | null;
  /**
   * The caller's own name for this request. Sent again with the same content it gets the same
   * answer and is charged once; with other content it is refused with `request-id-reused`.
   */
  requestId?: string | null;
  /**
   * Pictures that guide the model; together with those of the pack at most six, and at most the
   * model's `referencesMax`.
   */
  references?: Reference[] | null;
  /**
   * A reference pack that the caller may read: their own, one that is shared with a team of theirs,
   * or a public one. Its pictures come behind the `references` of the request; one that the request
   * names, too, is used once, as the request says.
   */
  referencePackId?: string | null;
  /**
   * A template that the caller may read: their own, one that is shared with a team of theirs, or a
   * public one. Its prompt, its `defaults` and its pack are used where the request has none of its
   * own.
   */
  templateId?: string | null;
  /**
   * The values of the placeholders in the prompt, by their names. One that has no placeholder is
   * passed over. A name begins with a letter, and has up to 64 letters, digits, `-` and `_`.
   */
  variables?: Record<string, string> | null;
  /**
   * What to make. It may be left out where `templateId` names a template that has one. `{{name}}`
   * stands for the variable of that name, `{{name=default}}` for one that may be left out; a
   * placeholder that stays unfilled is refused with `variable-missing`, also if the request has no
   * `variables`. All other braces are part of the prompt. The limits hold for the prompt as it was
   * sent, and again once it is filled.
   */
  prompt?: string | null;
  /** Changes nothing. It is there so that a concept can be sent as it is. */
  title?: string | null;
  /**
   * The price that the user was told. If the request costs more by now, it is refused with
   * `invalid-request`.
   */
  estimatedCredits?: number | null;
  /**
   * The most that the request may cost. Beyond it the request is refused with `over-budget`, and so
   * is a `retry` of its job.
   */
  maxCredits?: number | null;
  /** What the result must not show. */
  negativePrompt?: string | null;
  /** One of `getCatalog().models`. Without it: `getCatalog().defaults` of the kind. */
  model?: string | null;
  /**
   * A ratio like `16:9`, one of the model's `aspectRatios`. Without it: the model's
   * `defaultAspectRatio`. Not together with `width` and `height`.
   */
  aspectRatio?: string | null;
  /**
   * Pixels. `width` and `height` go together, and have to be a size in the model's `sizes`, or
   * within its `freeSizePx`.
   */
  width?: number | null;
  /** Pixels. */
  height?: number | null;
  /**
   * The same request with the same seed makes the same result, if the model can do that. It is the
   * first picture's: of several, the one numbered n (from 0, as in `generation_data.image_urls`) is
   * made from `seed` + n, and after the largest seed comes 0. Where some of `count` could not be
   * made, the others move up and keep their seeds. Without `seed` one is chosen:
   * `generation_data.seed` says it.
   */
  seed?: number | null;
  /** One of `getCatalog().styles`. */
  styleId?: string | null;
  /**
   * A brand that is `ready`: the caller's own, or with `teamId` one of that team. The model's
   * `takesBrands` has to be true.
   */
  brandId?: string | null;
  /**
   * Answer with a result that the account has already, for 0 credits, if there is one of the same
   * request: the same once it is filled, with the same versions of its template and its pack and,
   * if `seed` is given, the same seed. The job then delivers copies, at once whatever `scheduledAt`
   * says, and its view names the earlier job in `reused_from`. If there is none, it is made and
   * paid for.
   */
  reuse?: boolean | null;
  /**
   * The order among the waiting jobs of one account. The tier's `priorities` says which may be
   * used.
   */
  priority?: Priority | null;
  /**
   * The job does not begin before this moment, at most `getCatalog().limits.scheduleDaysMax` days
   * ahead.
   */
  scheduledAt?: string | null;
  /** How many to make, each at the model's price; at most the model's `countMax`. */
  count?: number | null;
  /** Changes nothing. It is there so that a concept can be sent as it is. */
  kind?: "image" | null;
  /**
   * The picture to change, if the model's `editsPictures` is true: the prompt says what to change,
   * and the rest is kept. The picture itself stays as it is. It counts among the model's
   * `referencesMax`. Without `aspectRatio`, or `width` and `height`, the result has the ratio of
   * the model that is next to the picture's.
   */
  editOf?: PictureToEdit | null;
  /**
   * What is behind the subject, one of the model's `backgrounds`; a `transparent` one comes as PNG
   * or WebP. Without it: the first of them.
   */
  background?: "opaque" | "transparent" | null;
}

/** Asks for a video, which is made by one job. */
export interface GenerateVideoRequest {
  /**
   * The team that pays. The caller has to be an editor or an owner of it. Without it the caller
   * pays.
   */
  teamId?: string | null;
  /**
   * The caller's own name for this request. Sent again with the same content it gets the same
   * answer and is charged once; with other content it is refused with `request-id-reused`.
   */
  requestId?: string | null;
  /**
   * Pictures that guide the model; together with those of the pack at most six, and at most the
   * model's `referencesMax`.
   */
  references?: Reference[] | null;
  /**
   * A reference pack that the caller may read: their own, one that is shared with a team of theirs,
   * or a public one. Its pictures come behind the `references` of the request; one that the request
   * names, too, is used once, as the request says.
   */
  referencePackId?: string | null;
  /**
   * A template that the caller may read: their own, one that is shared with a team of theirs, or a
   * public one. Its prompt, its `defaults` and its pack are used where the request has none of its
   * own.
   */
  templateId?: string | null;
  /**
   * The values of the placeholders in the prompt, by their names. One that has no placeholder is
   * passed over. A name begins with a letter, and has up to 64 letters, digits, `-` and `_`.
   */
  variables?: Record<string, string> | null;
  /**
   * What to make. It may be left out where `templateId` names a template that has one. `{{name}}`
   * stands for the variable of that name, `{{name=default}}` for one that may be left out; a
   * placeholder that stays unfilled is refused with `variable-missing`, also if the request has no
   * `variables`. All other braces are part of the prompt. The limits hold for the prompt as it was
   * sent, and again once it is filled.
   */
  prompt?: string | null;
  /** Changes nothing. It is there so that a concept can be sent as it is. */
  title?: string | null;
  /**
   * The price that the user was told. If the request costs more by now, it is refused with
   * `invalid-request`.
   */
  estimatedCredits?: number | null;
  /**
   * The most that the request may cost. Beyond it the request is refused with `over-budget`, and so
   * is a `retry` of its job.
   */
  maxCredits?: number | null;
  /** What the result must not show. */
  negativePrompt?: string | null;
  /** One of `getCatalog().models`. Without it: `getCatalog().defaults` of the kind. */
  model?: string | null;
  /**
   * A ratio like `16:9`, one of the model's `aspectRatios`. Without it: the model's
   * `defaultAspectRatio`. Not together with `width` and `height`.
   */
  aspectRatio?: string | null;
  /**
   * Pixels. `width` and `height` go together, and have to be a size in the model's `sizes`, or
   * within its `freeSizePx`.
   */
  width?: number | null;
  /** Pixels. */
  height?: number | null;
  /**
   * The same request with the same seed makes the same result, if the model can do that. It is the
   * first picture's: of several, the one numbered n (from 0, as in `generation_data.image_urls`) is
   * made from `seed` + n, and after the largest seed comes 0. Where some of `count` could not be
   * made, the others move up and keep their seeds. Without `seed` one is chosen:
   * `generation_data.seed` says it.
   */
  seed?: number | null;
  /** One of `getCatalog().styles`. */
  styleId?: string | null;
  /**
   * A brand that is `ready`: the caller's own, or with `teamId` one of that team. The model's
   * `takesBrands` has to be true.
   */
  brandId?: string | null;
  /**
   * Answer with a result that the account has already, for 0 credits, if there is one of the same
   * request: the same once it is filled, with the same versions of its template and its pack and,
   * if `seed` is given, the same seed. The job then delivers copies, at once whatever `scheduledAt`
   * says, and its view names the earlier job in `reused_from`. If there is none, it is made and
   * paid for.
   */
  reuse?: boolean | null;
  /**
   * The order among the waiting jobs of one account. The tier's `priorities` says which may be
   * used.
   */
  priority?: Priority | null;
  /**
   * The job does not begin before this moment, at most `getCatalog().limits.scheduleDaysMax` days
   * ahead.
   */
  scheduledAt?: string | null;
  /** Changes nothing. It is there so that a concept can be sent as it is. */
  kind?: "video" | null;
  /**
   * One of the model's `video.durationsSeconds`. Without it: the first of them, or
   * `video.referencesDurationSeconds` where the request has references.
   */
  durationSeconds?: number | null;
  /** The name of one of the model's `sizes`. Without it: the first. */
  resolution?: string | null;
  /** Frames a second, one of the model's `video.fps`. Without it: the first. */
  fps?: number | null;
  /** Whether the video has sound. Without it: what the model can do. */
  generateAudio?: boolean | null;
  /** The picture that the video begins with, if the model's `video.takesFirstFrame` is true. */
  firstFrame?: Frame | null;
  /**
   * The picture that the video ends with, if the model's `video.takesLastFrame` is true. Most
   * models take it together with `firstFrame` only.
   */
  lastFrame?: Frame | null;
  /**
   * The video to go on with, if the model has `video.extends`; without `references` and frames.
   * `durationSeconds` is how much is added, and what is paid for: one of
   * `video.extends.addsSeconds`. Ratio, size and frame rate are those of the video. Some models
   * deliver the whole, others what was added alone: `generation_data.duration_seconds` says it.
   */
  extendOf?: VideoToExtend | null;
}

/**
 * Asks for a brand: a style that is learned from at least five pictures. Its state is in
 * `brands/{brandId}`; once it is `ready`, requests may name it with `brandId`.
 */
export interface TrainBrandRequest {
  /** What the brand is called. */
  name: string;
  /**
   * The team that pays. The caller has to be an editor or an owner of it. Without it the caller
   * pays.
   */
  teamId?: string | null;
  /**
   * The caller's own name for this request. Sent again with the same content it gets the same
   * answer and is charged once; with other content it is refused with `request-id-reused`.
   */
  requestId?: string | null;
  /**
   * The pictures to learn from: at least five different ones, together with those of the pack; at
   * most 50.
   */
  references?: Reference[] | null;
  /**
   * A reference pack that the caller may read: their own, one that is shared with a team of theirs,
   * or a public one. Its pictures come behind the `references` of the request; one that the request
   * names, too, is used once, as the request says.
   */
  referencePackId?: string | null;
}

/**
 * Asks the creative director for ideas. The answer comes with the call, after some seconds. A brief
 * that the director refuses is free.
 */
export interface DirectCreativeRequest {
  /** What the ideas are for, in plain words. */
  brief: string;
  /**
   * The caller's own name for this request. Sent again with the same content it gets the same
   * concepts and is charged once.
   */
  requestId?: string | null;
  /** How many concepts to make. */
  count?: number | null;
  /** What the concepts are of. Without it the director may mix both. */
  kind?: "image" | "video" | null;
  /** A brand that is `ready`: the caller's own, or one of a team that the caller may submit for. */
  brandId?: string | null;
}

/**
 * Cancels a job, or repeats a failed or cancelled one as a new job. Its user may do this; for a job
 * of a team, an owner of the team may cancel it, too.
 */
export interface ControlJobRequest {
  /** The job. */
  jobId: string;
  /**
   * `cancel` ends the job at once; cancelling it again answers the same. `retry` submits the same
   * request again as a new job, which names the old one in `retry_of`.
   */
  action: "cancel" | "retry";
  /**
   * Cancel the job even if the cancel is charged. Without it such a cancel is refused with
   * `cancel-is-charged`, which says the price. Goes with `cancel` only.
   */
  acceptCharge?: boolean | null;
}

/**
 * Asks for up to a hundred pictures and videos at once. All rows are checked before anything is
 * held: either all of them are accepted, or none is. Each then runs as a job of its own. The whole
 * payload has at most a megabyte (`request-too-large`).
 */
export interface SubmitBatchRequest {
  /** What the batch is called. */
  name: string;
  /**
   * Requests of `generateImage`, or with `kind: "video"` of `generateVideo`, without `teamId`,
   * `priority`, `scheduledAt` and `requestId`: those are the batch's. They run in this order. At
   * most the tier's `batchRowsMax`.
   */
  rows: (Partial<GenerateImageRequest> | Partial<GenerateVideoRequest>)[];
  /** The template of rows that name none. Each row may have `variables` of its own. */
  templateId?: string | null;
  /** Fields that rows may have. A row that leaves one out gets it from here. */
  defaults?: Partial<GenerateImageRequest> | Partial<GenerateVideoRequest> | null;
  /**
   * The order among what waits of one account. Batches and single jobs of one priority take turns.
   */
  priority?: Priority | null;
  /** No row begins before this moment, at most `getCatalog().limits.scheduleDaysMax` days ahead. */
  scheduledAt?: string | null;
  /**
   * The team that pays. The caller has to be an editor or an owner of it. Without it the caller
   * pays.
   */
  teamId?: string | null;
  /**
   * The most that the batch may come to. Beyond it the batch is refused with `over-budget`, and so
   * is a `retryFailed` or `editRow` that would bring it beyond.
   */
  maxCredits?: number | null;
  /**
   * The caller's own name for this batch: sent again with the same content it is the same batch,
   * and is charged once.
   */
  requestId?: string | null;
}

/**
 * Says what requests would cost, what is wrong with them, and what would cost less. Nothing is held
 * and nothing is counted.
 */
export interface EstimateCreditsRequest {
  /** Requests, as the rows of a batch are. */
  requests: (Partial<GenerateImageRequest> | Partial<GenerateVideoRequest>)[];
  /** The team that would pay. */
  teamId?: string | null;
}

/** No row that has not begun begins until a `resume`. Rows that have begun go on to their end. */
export interface PauseBatch {
  /** The batch. */
  batchId: string;
  action: "pause";
  /**
   * The caller's own name for this call: sent again it changes nothing, and answers how the batch
   * is. The last 20 of a batch are remembered.
   */
  requestId?: string | null;
}

/** Ends a pause: the rows have their turn again. */
export interface ResumeBatch {
  /** The batch. */
  batchId: string;
  action: "resume";
  /**
   * The caller's own name for this call: sent again it changes nothing, and answers how the batch
   * is. The last 20 of a batch are remembered.
   */
  requestId?: string | null;
}

/** Changes the order of what has not got its slot yet. */
export interface SetBatchPriority {
  /** The batch. */
  batchId: string;
  action: "setPriority";
  /** The new priority. */
  priority: Priority;
  /**
   * The caller's own name for this call: sent again it changes nothing, and answers how the batch
   * is. The last 20 of a batch are remembered.
   */
  requestId?: string | null;
}

/**
 * Changes a row: one that waits runs once, with the change; one that is `failed` runs once more.
 */
export interface EditRow {
  /** The batch. */
  batchId: string;
  action: "editRow";
  /** The index of the row, from 0. */
  row: number;
  /** Fields of the row's request, with their new values. A field that is null is taken away. */
  changes: Partial<GenerateImageRequest> | Partial<GenerateVideoRequest>;
  /**
   * The caller's own name for this call: sent again it changes nothing, and answers how the batch
   * is. The last 20 of a batch are remembered.
   */
  requestId?: string | null;
}

/** Runs every row that is `failed` once more, at today's price and quota: all of them, or none. */
export interface RetryFailed {
  /** The batch. */
  batchId: string;
  action: "retryFailed";
  /**
   * The caller's own name for this call: sent again it changes nothing, and answers how the batch
   * is. The last 20 of a batch are remembered.
   */
  requestId?: string | null;
}

/**
 * Ends the batch for ever. Rows that have not begun are cancelled, and their credits are free at
 * once. Rows that have begun end within seconds; those whose model bills on whatever happens run to
 * their end.
 */
export interface CancelBatch {
  /** The batch. */
  batchId: string;
  action: "cancel";
  /**
   * The caller's own name for this call: sent again it changes nothing, and answers how the batch
   * is. The last 20 of a batch are remembered.
   */
  requestId?: string | null;
}

/**
 * Makes a code that shares the batch with one user, who need not be known. Only this answer has it:
 * sent again under the same `requestId`, it is not said again. It lets one user in, once, for a
 * week, and ends with the right of its maker to control the batch. Whoever controls the batch
 * revokes it by deleting its document.
 */
export interface InviteToBatch {
  /** The batch. */
  batchId: string;
  action: "invite";
  /** What the batch is shared for. */
  role: ShareRole;
  /**
   * The caller's own name for this call: sent again it changes nothing, and answers how the batch
   * is. The last 20 of a batch are remembered.
   */
  requestId?: string | null;
}

/**
 * Shares the batch with the caller, by a code. Sent again it changes nothing. The code is not used
 * up by who reads the batch already.
 */
export interface JoinBatch {
  /** The batch. */
  batchId: string;
  action: "join";
  /** The code that the answer to `invite` had. */
  code: string;
  /**
   * The caller's own name for this call: sent again it changes nothing, and answers how the batch
   * is. The last 20 of a batch are remembered.
   */
  requestId?: string | null;
}

export type ControlBatchRequest = PauseBatch | ResumeBatch | SetBatchPriority | EditRow | RetryFailed | CancelBatch | InviteToBatch | JoinBatch;

/**
 * Finds jobs, newest first: the caller's own, or with `teamId` those of a team that the caller is a
 * member of. Whatever is given has to fit. A page may have fewer items than `limit`, or none,
 * although more follow: as long as there is a `cursor` there is a next page.
 */
export interface SearchGenerationsRequest {
  /**
   * Words of the prompt, the title, a brand's name or the style, in any order; each is a whole
   * word. Case and accents do not matter. A job is found by its first 60 different words.
   */
  text?: string | null;
  /** Without it: images and videos. */
  kind?: JobKind | null;
  /** How far the jobs are. */
  status?: JobStatus | null;
  /** The model that is used. */
  model?: string | null;
  /** The brand that was asked for, or that a training makes. */
  brandId?: string | null;
  /** The batch that they belong to. */
  batchId?: string | null;
  /**
   * The team that paid for them, whoever asked for them. Without it: the caller's own, whoever
   * paid.
   */
  teamId?: string | null;
  /** A tag that they have. Case does not matter. */
  tag?: string | null;
  /** Whether they are marked as favourites. */
  favourite?: boolean | null;
  /** They were accepted at this moment or later. */
  from?: string | null;
  /** They were accepted at this moment or earlier. */
  to?: string | null;
  /** The most items of a page. */
  limit?: number | null;
  /**
   * The `cursor` of the page before this one. The other fields have to be the same as then; only
   * `limit` may differ.
   */
  cursor?: string | null;
}

/**
 * Marks jobs: the caller's own, or those of a team that the caller is an editor or an owner of. All
 * that are named are marked, or none. A mark that is not given stays as it is. Marked again,
 * nothing changes.
 */
export interface MarkGenerationRequest {
  /** The job. Give this or `jobIds`. */
  jobId?: string | null;
  /** Several jobs. */
  jobIds?: string[] | null;
  /** Whether they are favourites. */
  favourite?: boolean | null;
  /**
   * Their tags, in place of those that they have; an empty list removes all. They are kept in lower
   * case, each once.
   */
  tags?: string[] | null;
  /** Which of a job's pictures is shown first, counted from 0. */
  cover?: number | null;
}

/**
 * Deletes jobs that have ended, with their files; a failed or cancelled training with its brand.
 * The ledger's entries stay. Their user may do this, for a job of a team as long as they are its
 * member, and an owner of the team. All that are named are deleted, or none. Deleted again, nothing
 * changes.
 */
export interface DeleteGenerationRequest {
  /** The job. Give this or `jobIds`. */
  jobId?: string | null;
  /** Several jobs. */
  jobIds?: string[] | null;
}

/**
 * Asks for one file of a batch, or of some jobs, to take away. A worker makes it; the document says
 * when it is there, and it is deleted seven days later. Costs no credits. Counts as a submission in
 * the minute, and in `usage.exports` of the day.
 */
export interface ExportBatchRequest {
  /**
   * `csv`: a line for each row, for a spreadsheet; a text that would be a formula there begins with
   * `'`. `json`: the rows as they are on the wire. `zip`: all pictures and videos, and both of
   * these files.
   */
  format: ExportFormat;
  /** The batch, all of its rows. Either this or `jobIds` is asked for. */
  batchId?: string | null;
  /**
   * The jobs, in this order; one that is named twice is exported once. The batch or the jobs have
   * to be the caller's own, or those of a team that the caller is a member of.
   */
  jobIds?: string[] | null;
  /**
   * The caller's own name for this export: sent again with the same content it is the same export.
   */
  requestId?: string | null;
}

/**
 * Makes a ZIP of all that is the caller's: their documents as `documents.jsonl`, one a line with
 * its path, and their uploads, pictures and videos below `files/`. What would make it larger than 2
 * GB is named in `left-out.txt`. The answer comes at once; listen to the export's document for the
 * file, which is there for seven days. Counts as an export in the day.
 */
export interface ExportAccountRequest {
  /** The caller's own name for this export: sent again it is the same export. */
  requestId?: string | null;
}

/**
 * Copies the pictures of a pack that the caller may read into the caller's own uploads, so that a
 * pack of their own may name them. It costs no credits, and takes room as uploads do.
 */
export interface CopyPackRequest {
  /** The pack. */
  packId: string;
  /** The caller's own name for this copy: sent again it is the same files. */
  requestId?: string | null;
}

/**
 * Registers an address that is told when jobs and batches of an account end. Each message is signed
 * as the Standard Webhooks have it. Counts as a submission in the minute.
 */
export interface CreateWebhookRequest {
  /**
   * The address: `https`, on port 443 or 8443, in a network that is open to everybody. It is looked
   * up now, and again each time. Redirects are not followed.
   */
  url: string;
  /** What it is told of. Without it: everything. */
  events?: WebhookEvent[] | null;
  /**
   * The team whose jobs and batches it is told of; for its editors and owners. Without it: what the
   * caller's own account pays for.
   */
  teamId?: string | null;
  /**
   * The caller's own name for this webhook: sent again with the same content it is the same
   * webhook, and the answer has its secret once more, unless that was rotated.
   */
  requestId?: string | null;
}

/**
 * Gives a webhook a new secret. The one before signs beside it for 24 hours: until then each
 * message has both signatures. Counts as a submission in the minute.
 */
export interface RotateWebhookRequest {
  /** The webhook. */
  webhookId: string;
}

/** Deletes a webhook. Nothing is sent to it any more, nor what waits to be sent. */
export interface DeleteWebhookRequest {
  /** The webhook. */
  webhookId: string;
}

/** Lists the webhooks of the caller's own account, or of a team, newest first. */
export interface ListWebhooksRequest {
  /** The team; for its editors and owners. Without it: the caller's own. */
  teamId?: string | null;
}

/** Lists what a webhook was told, or is to be told, newest first. Each is kept for thirty days. */
export interface ListDeliveriesRequest {
  /** The webhook. */
  webhookId: string;
  /** The most items of a page. */
  limit?: number | null;
  /** The `cursor` of the page before this one. */
  cursor?: string | null;
}

/** Gives credits to an account. For administrators (custom claim `admin`). */
export interface GrantCreditsRequest {
  /** The account. It is opened if it does not exist yet. */
  accountId: string;
  /** Credits to give. */
  amount: number;
  /** Why, as the ledger shows it to the account's users. */
  reason: string;
  /** The administrator's own name for this grant: sent again, it is given once. */
  requestId: string;
}

/** Sets the account's tier. */
export interface SetTier {
  /** The account. It is opened if it does not exist yet. */
  accountId: string;
  action: "setTier";
  /** One of `getCatalog().tiers`. */
  tier: string;
  /** Why; it is kept in the audit. */
  reason?: string | null;
}

/** Corrects the account's balance, up or down. */
export interface Adjust {
  /** The account. It is opened if it does not exist yet. */
  accountId: string;
  action: "adjust";
  /** Credits to add; below 0, credits to take. Not 0. */
  amount: number;
  /** Why, as the ledger shows it to the account's users. */
  reason: string;
  /** The administrator's own name for this correction: sent again, it is made once. */
  requestId: string;
}

/**
 * Resets the account's fuse. Without `accountId`, resets the project's; with `lane`, that lane's.
 */
export interface ResetFuse {
  action: "resetFuse";
  /** The account whose fuse is reset. Not together with `lane`. */
  accountId?: string | null;
  /** `free` is the fuse over all accounts of the free tier together. */
  lane?: "free" | null;
  /** Why; it is kept in the audit. */
  reason?: string | null;
}

/** Refuses every request of the account's user, or for its team, until the account is unblocked. */
export interface Block {
  /** The account. It is opened if it does not exist yet. */
  accountId: string;
  action: "block";
  /** Why. The blocked may read it in their account. */
  reason: string;
}

/** Lets the account's user or team send requests again. */
export interface Unblock {
  /** The account. */
  accountId: string;
  action: "unblock";
  /** Why; it is kept in the audit. */
  reason?: string | null;
}

export type ControlAccountRequest = SetTier | Adjust | ResetFuse | Block | Unblock;

/**
 * Says what an operator has to know: what is not in order, the jobs that are stuck, the dead
 * letters, the queues, the fuses and the breakers. For administrators (custom claim `admin`).
 */
export interface InspectRequest {
  /** The most jobs, dead letters, and entries of the account's ledger, that are listed. */
  limit?: number | null;
  /** The account to look at, beside all else. */
  accountId?: string | null;
}

/**
 * Repeats the job for its user, as their own retry would, and deletes the letter. Sent again, it
 * answers the same. What was repeated three times is refused (`illegal-state`).
 */
export interface ReplayLetter {
  /** The job of the dead letter. */
  jobId: string;
  action: "replay";
  /** Why; it is kept in the audit. */
  reason?: string | null;
}

/** Deletes the letter. The job and the ledger stay as they are. */
export interface PurgeLetter {
  /** The job of the dead letter. */
  jobId: string;
  action: "purge";
  /** Why; it is kept in the audit. */
  reason?: string | null;
}

export type ControlDeadLetterRequest = ReplayLetter | PurgeLetter;

/**
 * Deletes the caller's account for good, with everything that they made: jobs that run are
 * cancelled (what is billed on whatever happens is paid for); pictures, videos, brands, uploads,
 * packs, templates, batches, comments, votes, keys, webhooks and exports are deleted, also what
 * they made for a team; their memberships and their sign-in end. The books are kept without a name.
 * Once this is answered, nothing more is accepted of them; all is gone within about two hours, or
 * when what cannot be stopped at a provider must have ended, and until then they are refused with
 * `account-blocked`. Sent again, the same is answered.
 */
export interface DeleteAccountRequest {
  /** The caller's own user id: it cannot be undone. */
  confirm: string;
}

/**
 * Makes a team, with an account of its own. The caller is its first owner. How many a user may make
 * a day is the tier's `teamsADay`.
 */
export interface CreateTeamRequest {
  /** What the team is called. */
  name: string;
  /** The caller's own name for this request: sent again, it is the same team. */
  requestId?: string | null;
}

/**
 * Makes an invitation, for owners of the team. The answer has a code that lets one user in, once,
 * for a week.
 */
export interface InviteMember {
  /** The team. */
  teamId: string;
  action: "invite";
  /** The role that the new member gets. */
  role: Role;
  /**
   * The only person that the invitation lets in: a user id, or an e-mail address that their sign-in
   * has verified. A text with an `@` is taken for an address. Without it, anybody who has the code
   * may join.
   */
  boundTo?: string | null;
}

/** Ends an open invitation, for owners of the team. */
export interface RevokeInvite {
  /** The team. */
  teamId: string;
  action: "revokeInvite";
  /** The invitation: the id of its document. */
  inviteId: string;
}

/** Joins the team by a code. */
export interface AcceptInvite {
  /** The team. */
  teamId: string;
  action: "accept";
  /** The code that the answer to `invite` had. */
  code: string;
}

/**
 * Sets a member's role, or their limits, or both; for owners of the team and administrators. Only
 * an administrator can add a user who is no member yet.
 */
export interface SetMember {
  /** The team. */
  teamId: string;
  action: "setMember";
  /** The member. */
  uid: string;
  /** The new role. A lower role ends every open invitation that names no user id. */
  role?: Role | null;
  /** The new limits. They replace all earlier ones. */
  limits?: MemberLimits | null;
}

/**
 * Removes a member, for owners of the team and administrators; any member may leave. It takes
 * effect with the next request, and ends every open invitation that names no user id.
 */
export interface RemoveMember {
  /** The team. */
  teamId: string;
  action: "remove";
  /** The member. */
  uid: string;
}

export type ControlTeamRequest = InviteMember | RevokeInvite | AcceptInvite | SetMember | RemoveMember;

/**
 * Makes an API key, with which a server or a spreadsheet asks as the caller. Only this answer has
 * the key. Counts as a submission in the minute. An account may have so many keys at a time
 * (`illegal-state`, with `limit`).
 */
export interface CreateApiKeyRequest {
  /** What the key is called. */
  name: string;
  /**
   * What the key may be used for: `read` looks at jobs, batches, prices and the balance, `generate`
   * asks for what costs credits and controls it, `manage` makes and ends webhooks.
   */
  scopes?: Scope[] | null;
  /**
   * The team that the key is for: it pays, and the key sees nothing else. The caller has to be a
   * member, and the key may do what the caller's role allows at the time.
   */
  teamId?: string | null;
  /** From then on the key is refused. Without it: when it is revoked. */
  expiresAt?: string | null;
  /**
   * The most credits that jobs and batches asked for with the key may come to on one UTC day,
   * whatever becomes of them. Beyond it they are refused with `quota-exceeded`. Without it the key
   * has no limit of its own.
   */
  creditsADay?: number | null;
}

/** Ends one of the caller's API keys: its next request is refused. */
export interface RevokeApiKeyRequest {
  /** The key. */
  keyId: string;
}

/**
 * Opens a page on which credits are paid for. They come once the payment has arrived: listen to the
 * account's document. Counts as a submission in the minute.
 */
export interface CreateCheckoutRequest {
  /**
   * How many: those of one of `getCatalog().purchases`, at its price. Where that list is absent,
   * nothing is sold.
   */
  credits: number;
  /** The team that gets the credits; for its editors and owners. Without it: the caller. */
  teamId?: string | null;
  /**
   * The caller's own name for this purchase. Sent again within a day it is the same page, which can
   * be paid once; with other content it is refused with `request-id-reused`.
   */
  requestId?: string | null;
}

/** Says what there is: models, prices, sizes, styles, tiers, limits. Needs no sign-in. */
export type GetCatalogRequest = Record<string, never>;

// ---- Answers ----

/** The price of a job. */
export interface Estimated {
  /** Credits that are held. What is not delivered is released in the end. */
  estimated: number;
}

/** An idea. It can be sent as it is, as a payload of `generateImage` or `generateVideo`. */
export interface Concept {
  /** A name for the user. */
  title: string;
  /** Which of the two callables it is for. */
  kind: "image" | "video";
  /** The prompt. */
  prompt: string;
  /** A ratio that the model has. */
  aspectRatio: string;
  /** A model that the caller's tier has. */
  model: string;
  /** What it costs, unchanged, at the prices of the moment. */
  estimatedCredits: number;
  /** What the result must not show. */
  negativePrompt?: string;
  /** The brand that the ideas were asked for. */
  brandId?: string;
  /** The team of that brand, which may be used in the team's work only. */
  teamId?: string;
}

/** What was charged. */
export interface Charged {
  /** Credits. */
  charged: number;
}

/** A request that would be accepted, but for limits and the balance. */
export interface EstimatedRequest {
  /** What would be held for it. */
  credits: number;
  /** The model that would be used. */
  model: string;
  /** What it makes. */
  kind: JobKind;
  /** Whether the account has a result of the same request, with which `reuse` would answer. */
  reusable?: boolean;
}

/** A request that would be refused. */
export interface WrongRequest {
  /** What is wrong, as in `invalid-request`: each `field` and `message`. */
  fieldErrors: Record<string, string>[];
}

/** A change of some requests that would cost less. */
export interface Suggestion {
  /** A sentence in English for a person. */
  message: string;
  /** Credits that it saves, over all of `rows`. */
  savesCredits: number;
  /**
   * Fields to set in each of `rows`; one that is null is to be taken away. Null: leave these
   * requests out.
   */
  change: Record<string, unknown> | null;
  /** The indexes of the requests, from 0. */
  rows: number[];
}

/** The rows of a batch by their status. */
export interface RowCounts {
  /** All rows. */
  total: number;
  /** Rows that have not begun. */
  queued: number;
  /** Rows that have begun. */
  processing: number;
  /** Rows that were made. */
  completed: number;
  /** Rows that failed. */
  failed: number;
  /** Rows that were cancelled. */
  cancelled: number;
}

/** A job with all fields of its document, in camelCase. */
export interface Generation {
  /** How far the job is. */
  status: JobStatus;
  /** When it was accepted. */
  createdAt: string;
  /** When it was last changed. */
  modified: string;
  /** When it became final. */
  completedAt: string | null;
  /** The request as it was sent, in camelCase. */
  requestData: Record<string, unknown>;
  /** The id of the job. */
  fileUid: string;
  /** Who asked for it. */
  userId: string;
  /** Who pays: `user_{uid}` or `team_{teamId}`. */
  accountId: string;
  /** True once it is completed. */
  generated: boolean;
  /** 0 to 1. With most image models it stays at 0 until they are completed. */
  progress: number;
  /**
   * Why a queued job does not run: `capacity` (jobs before it, or the tier's `jobsAtOnce`),
   * `schedule` (its `scheduledAt`), `resume` (a fuse: an administrator has to act), `batch` (its
   * batch is paused).
   */
  waitingFor: WaitingFor | null;
  /** What was made; set once it is completed. */
  generationData: SentOutput | null;
  /** Why it failed; set once it is `failed`. */
  error: SentJobError | null;
  credits: SentViewCredits;
  /** How often the work was begun. It may go back by one when a provider asks to come later. */
  attempts: number;
  /** The model that is used. Filter by this field, not by `generation_data.model`. */
  model: string;
  /** The team that pays; null where the user pays. */
  teamId: string | null;
  /** The batch that the job runs a row of; null for a single job. */
  batchId: string | null;
  /** The index of the row; missing for a single job. */
  row: number | null;
  /** The brand that was asked for, or that the training makes. */
  brandId: string | null;
  /** The job that this one repeats. */
  retryOf: string | null;
  /** The job whose result it shows again, in copies, where its request has `reuse`. */
  reusedFrom: string | null;
  /**
   * The model that was agreed, where its owner had shut it down when the job was run; `model` is
   * the one that took its place. `credits.charged` is by the smaller price of both,
   * `credits.estimated` by what was agreed.
   */
  replacedModel: SentReplacedModel | null;
  /** The reference pack that is used, in the version of the submission. */
  pack: SentEdition | null;
  /** The template that filled the request, in the version of the submission. */
  template: SentEdition | null;
  /** The `requestId` of the request. */
  requestId: string | null;
  /** Pixels of each picture, or of the video. */
  width: number | null;
  /** Pixels. */
  height: number | null;
  /** How many were asked for. */
  count: number;
  /** How many of `count` could not be made, once it is `completed`; null where none is missing. */
  missing: number | null;
  /** The seed; of several pictures the first one's. */
  seed: number | null;
  /**
   * The words that it is found by, each once and at most 60: those of `title`, `name`, `prompt` and
   * `styleId`, in lower case and without accents. Of scripts that have no spaces they are pairs of
   * characters.
   */
  searchTerms: string[];
  /** Whether its users marked it as a favourite (`markGeneration`). */
  favourite: boolean;
  /** The tags that its users gave it, in lower case (`markGeneration`). */
  tags: string[];
  /** Which of several pictures its users chose to be shown first (`markGeneration`). */
  cover: number;
  /** The document: `generations/{userId}/{images|videos|trainings}/{jobId}`. */
  path: string;
}

export interface SentOutput {
  /** The files in Storage. Keep these: a path stays, an address may be replaced. */
  storagePaths: string[];
  /** An address for each picture. It opens to everybody who has it. */
  imageUrls: string[];
  /** An address for the thumbnail of each picture, or of the video. */
  thumbnailUrls: string[];
  /** The model that made it. */
  model: string;
  /** Who runs that model. */
  provider: string;
  /** The seed that was used; of several pictures the first one's. */
  seed: number;
  /** The address of the video. It opens to everybody who has it. */
  videoUrl: string | null;
  /** Frames a second of the video file. */
  fps: number | null;
  /** The length of the video file. */
  durationSeconds: number | null;
  /** Where a training's weights are, if it made any. */
  modelUri: string | null;
}

export interface SentJobError {
  /** Kebab-case and stable. */
  code: string;
  /** A sentence in English for a person. */
  message: string;
  /** Whether `controlJob` with `retry` may help. */
  retryable: boolean;
}

export interface SentViewCredits {
  /** Credits that were held at submission. */
  estimated: number;
  /** Credits that were charged in the end; 0 before. */
  charged: number;
}

export interface SentReplacedModel {
  /** Its name. */
  model: string;
  /** A sentence in English that says what is used instead. */
  note: string;
}

export interface SentEdition {
  /** The id of its document. */
  id: string;
  /** The `version` that the document had then. */
  version: number;
}

/** A picture of the pack as it is the caller's now. */
export interface CopiedPicture {
  /** The upload. */
  path: string;
  /** As in the pack. */
  mode: "style_only" | "style_and_composition";
  /** As in the pack. */
  caption?: string;
}

/** A webhook, without its secret. */
export interface WebhookItem {
  /** Where it is told. */
  url: string;
  /** What it is told of. */
  events: WebhookEvent[];
  /**
   * `enabled`; `disabled` once its receiver has answered 410, or has accepted nothing for three
   * days, or whoever registered it may no longer act for the team. Nothing is sent then; register
   * it again.
   */
  status: WebhookStatus;
  /** Whose jobs and batches it is told of: `user_{uid}` or `team_{teamId}`. */
  accountId: string;
  /** Who registered it. */
  createdBy: string;
  /** When it was registered. */
  createdAt: string;
  /** When it was last changed. */
  modified: string;
  /** Whose it is; null where it is a team's. */
  userId: string | null;
  /** The team whose it is; null where it is a user's. */
  teamId: string | null;
  /** Why its last attempt failed, or why it is disabled, in a sentence; null while all is well. */
  lastError: string | null;
  /** When it was disabled. */
  disabledAt: string | null;
  /** Since then no attempt was accepted; null while all is well. */
  failingSince: string | null;
  /** The id of the webhook. */
  webhookId: string;
}

/** What a webhook was told, or is to be told. */
export interface DeliveryItem {
  /** The webhook. */
  webhookId: string;
  /** What has happened. */
  event: WebhookEvent;
  /** The document of the job or the batch that it tells of. */
  path: string;
  /**
   * `pending` until it is `delivered`; `failed` where it was given up, after a day or at the answer
   * 410; `dropped` where it was not sent any more: the webhook was disabled, or what it tells of
   * was deleted.
   */
  status: NoticeStatus;
  /** When the job or the batch ended. */
  occurredAt: string;
  /** When it was written. */
  createdAt: string;
  /** When it was last changed. */
  modified: string;
  /** How often it was sent, or begun to be. */
  attempts: number;
  /** The HTTP status of the last answer; null where there was none. */
  responseStatus: number | null;
  /** Why the last attempt failed, or why it was dropped, in a sentence. */
  error: string | null;
  /** When it was accepted. */
  deliveredAt: string | null;
  /** The id of the delivery, and the `webhook-id` of each of its attempts. */
  deliveryId: string;
}

/** One thing that a job needs. */
export interface CheckShown {
  /** What was looked at. */
  check: string;
  /** Whether it is in order. */
  isFine: boolean;
  /** What was found. */
  found: string;
  /** The section of docs/runbook.md that says what to do. */
  runbook: string;
}

/** A job that does not get on. */
export interface StuckJob {
  /** The job. */
  jobId: string;
  /**
   * `overdue`: nobody has touched it in time; `slow`: it has a slot, and nobody has begun it;
   * `fuse`: it waits until a fuse is reset.
   */
  trouble: Trouble;
  /** Why it is where it is, in a sentence. */
  why: string;
  /** Who pays for it. */
  accountId: string;
  /** The queue that its tasks go into. */
  queue: string;
  /** When it was accepted. */
  createdAt: string;
}

/** A job that spent its attempts or its time. What its user wrote is not among it. */
export interface LetterShown {
  /** The job. */
  jobId: string;
  /** Who pays for it. */
  accountId: string;
  /** The model. */
  model: string;
  /** Why it failed. */
  code: string;
  /** The same, in a sentence. */
  message: string;
  /** How often it was tried. */
  attempts: number;
  /** How many of its starts may have cost us something. */
  mayHaveBilled: number;
  /** When it failed. */
  createdAt: string;
}

/** A queue with jobs that have a slot and were not begun yet. */
export interface QueueShown {
  /** Its name. */
  queue: string;
  /** How many such jobs it has, among the unsettled jobs that are due first. */
  jobs: number;
  /** Since when the oldest of them has its slot. */
  oldestAt: string;
}

/** A fuse: of the project, of the free lane, or of an account that something waits for. */
export interface FuseShown {
  /** `project`, `free`, or the id of the account. */
  of: string;
  /** Since when it stops new work; null where it does not. */
  blownAt: string | null;
  /** Credits that were begun in the hour; null for an account. */
  started: number | null;
  /** What may be begun in an hour; null for an account. */
  limit: number | null;
}

/** A model whose last call failed. */
export interface BreakerShown {
  /** The model. */
  model: string;
  /** Whether its jobs wait. */
  isOpen: boolean;
  /** Failures in a row. */
  failures: number;
  /** When the next call is let through; null where nothing keeps it. */
  openUntil: string | null;
}

/** An account, as its own users see it and with what holds it up. */
export interface AccountInspected {
  /** The account. */
  accountId: string;
  /** Its tier. */
  tier: string;
  /** Credits that can be spent. */
  available: number;
  /** Credits that are reserved for what is open. */
  held: number;
  /** Credits that were taken back after they were spent. */
  owed: number;
  /** Its slots that are in use. */
  active: number;
  /** Its jobs that are not settled yet, those that are due first. */
  openJobs: string[];
  /** Since when its own fuse stops new work; null where it does not. */
  fuseBlownAt: string | null;
  /** Since when it is blocked; null where it is not. */
  blockedAt: string | null;
  /** Why it is blocked. */
  blockedReason: string | null;
  /** Since when its user is being erased; null where nobody is. */
  erasingAt: string | null;
  /** When it was opened. */
  createdAt: string;
  /** Its last entries, newest first. */
  ledger: EntryShown[];
}

/** A line of an account's ledger. */
export interface EntryShown {
  /** What it does. */
  type: EntryType;
  /** Credits; below 0 for a correction that takes some. */
  amount: number;
  /** What could be spent then. */
  availableAfter: number;
  /** What was held then. */
  heldAfter: number;
  /** The job that it is of. */
  jobId: string | null;
  /** The batch that it is of. */
  batchId: string | null;
  /** Who caused it: a user id, or a part of the backend. */
  actor: string;
  /** Why, where somebody has said so. */
  reason: string | null;
  /** When it was booked. */
  createdAt: string;
}

/** Limits of requests. */
export interface Limits {
  /** The longest prompt. */
  promptCharactersMax: number;
  /** How far ahead `scheduledAt` may be. */
  scheduleDaysMax: number;
}

/** Where uploads go, and how large they may be. */
export interface UploadLimits {
  /** The bucket of this project. */
  bucket: string;
  /** The folder, with `{uid}` for the user's id. */
  prefix: string;
  /** The endings that a file's name may have, in any case. */
  extensions: string[];
  /** The content types that a file may have. */
  contentTypes: string[];
  /** The largest file. */
  bytesMax: number;
  /** How many files a user may keep. */
  filesPerUserMax: number;
  /** How many bytes a user may keep, of all files together. */
  bytesPerUserMax: number;
}

/**
 * What a new user's account gets with its first request; until then the user has no account
 * document.
 */
export interface WelcomeGift {
  /** Credits, once per person. */
  credits: number;
  /**
   * The ways to sign in that count as verified; nobody else gets the credits. `email` and `phone`
   * are a verified address and a number.
   */
  signIns: string[];
  /** The tier of the new account. */
  tier: string;
}

/** A model whose results have a size. `aspectRatios` are those of the first of its `sizes`. */
export interface SizedModelOffer {
  /** The value of `model` in requests. */
  id: string;
  /** A name for the user. */
  title: string;
  /** `image`, `video`, `training`, or `text` for the creative director. */
  kind: string;
  /** False: this project has no provider for the model, and requests that name it are refused. */
  available: boolean;
  /** The price of an image, of a second of video, of a training, or of an answer. */
  priceCredits: number;
  /** The price of a size that costs another. */
  priceCreditsBySize: Record<string, number>;
  /** The largest `count`. */
  countMax: number;
  /** How many `references` it takes. */
  referencesMax: number;
  /** Whether `brandId` may be given. */
  takesBrands: boolean;
  /** False: to cancel a job that was begun costs what is held for it. */
  cancelStopsBill: boolean;
  /** The ratio of a request that names none. */
  defaultAspectRatio: string;
  /** The pixels of each ratio. */
  aspectRatios: Record<string, EdgesPx>;
  /** For each size, the default first, the pixels of each ratio. */
  sizes: Record<string, Record<string, EdgesPx>>;
  /** null: only the listed sizes. */
  freeSizePx: FreeSizePx | null;
  /** How many `references` a request needs: the model works on pictures. */
  referencesMin?: number;
  /**
   * There for a model that makes its reference larger: its longer edge may be so many times the
   * shorter one, which may be no longer than that of the size.
   */
  referenceRatioMax?: number;
  /**
   * How many characters of a prompt it reads, with its style and what it says of the references;
   * missing where `limits.promptCharactersMax` is all.
   */
  promptCharactersMax?: number;
  /** How many beside references, frames or a picture to edit; missing where they are as many. */
  promptCharactersMaxWithPictures?: number;
  /**
   * How many characters of a negative prompt it reads, with that of the style; missing where there
   * is no such rule.
   */
  negativePromptCharactersMax?: number;
  /** Whether `editOf` may be given. */
  editsPictures?: boolean;
  /** The values of `background`, the default first; missing where pictures are `opaque`. */
  backgrounds?: string[];
  /** The sizes that the model's owner gives no guarantee for; missing where there are none. */
  previewSizes?: string[];
  /** The day from which the model's owner may shut it down; missing where none is known. */
  retires?: string;
  /**
   * The model that takes its place then. Jobs that find this one gone are run by that one, if it
   * makes exactly what was agreed, and the agreed price covers its cost. They pay the smaller
   * price.
   */
  heir?: string;
  /** A sentence for people about that day, where it is near or past. */
  warning?: string;
  /** There for video models only. */
  video?: VideoOffer;
}

/** What a video model can do. The first of each list is the default. */
export interface VideoOffer {
  /** The lengths. */
  durationsSeconds: number[];
  /** The frame rates. */
  fps: number[];
  /** Whether it can make sound. */
  hasAudio: boolean;
  /** Whether `firstFrame` may be given. */
  takesFirstFrame: boolean;
  /** Whether `lastFrame` may be given. */
  takesLastFrame: boolean;
  /** Whether `lastFrame` may be given without `firstFrame`. */
  takesLastFrameAlone: boolean;
  /** Whether frames and `references` may be given together. */
  takesFramesWithReferences: boolean;
  /** The only length of a video with `references`; null where there is no such rule. */
  referencesDurationSeconds: number | null;
  /** Whether `generateAudio: false` is refused. */
  alwaysHasAudio?: boolean;
  /** The longest video with frames; missing where there is no such rule. */
  framesDurationSecondsMax?: number;
  /** There if `extendOf` may be given. */
  extends?: ExtendingOffer;
}

/** How a model goes on with a video. */
export interface ExtendingOffer {
  /** By how much, the default first. */
  addsSeconds: number[];
  /** How long the video may be that it goes on with. */
  sourceSecondsMax: number;
  /** The names of the sizes that the video may have. */
  sizes: string[];
}

/** A size in pixels. */
export interface EdgesPx {
  /** Pixels. */
  width: number;
  /** Pixels. */
  height: number;
}

/** The range within which `width` and `height` are free. */
export interface FreeSizePx {
  /** Pixels. */
  min: number;
  /** Pixels. */
  max: number;
}

/** A model. */
export interface ModelOffer {
  /** The value of `model` in requests. */
  id: string;
  /** A name for the user. */
  title: string;
  /** `image`, `video`, `training`, or `text` for the creative director. */
  kind: string;
  /** False: this project has no provider for the model, and requests that name it are refused. */
  available: boolean;
  /** The price of an image, of a second of video, of a training, or of an answer. */
  priceCredits: number;
  /** The price of a size that costs another. */
  priceCreditsBySize: Record<string, number>;
  /** The largest `count`. */
  countMax: number;
  /** How many `references` it takes. */
  referencesMax: number;
  /** Whether `brandId` may be given. */
  takesBrands: boolean;
  /** False: to cancel a job that was begun costs what is held for it. */
  cancelStopsBill: boolean;
  /** How many `references` a request needs: the model works on pictures. */
  referencesMin?: number;
  /**
   * There for a model that makes its reference larger: its longer edge may be so many times the
   * shorter one, which may be no longer than that of the size.
   */
  referenceRatioMax?: number;
  /**
   * How many characters of a prompt it reads, with its style and what it says of the references;
   * missing where `limits.promptCharactersMax` is all.
   */
  promptCharactersMax?: number;
  /** How many beside references, frames or a picture to edit; missing where they are as many. */
  promptCharactersMaxWithPictures?: number;
  /**
   * How many characters of a negative prompt it reads, with that of the style; missing where there
   * is no such rule.
   */
  negativePromptCharactersMax?: number;
  /** Whether `editOf` may be given. */
  editsPictures?: boolean;
  /** The values of `background`, the default first; missing where pictures are `opaque`. */
  backgrounds?: string[];
  /** The sizes that the model's owner gives no guarantee for; missing where there are none. */
  previewSizes?: string[];
  /** The day from which the model's owner may shut it down; missing where none is known. */
  retires?: string;
  /**
   * The model that takes its place then. Jobs that find this one gone are run by that one, if it
   * makes exactly what was agreed, and the agreed price covers its cost. They pay the smaller
   * price.
   */
  heir?: string;
  /** A sentence for people about that day, where it is near or past. */
  warning?: string;
  /** There for video models only. */
  video?: VideoOffer;
}

/** A retired model name that still works. */
export interface AliasOffer {
  /** The model that is used instead. */
  model: string;
  /** What the answer's `notes` say then. */
  note: string;
}

/** A style. */
export interface StyleOffer {
  /** The value of `styleId`. */
  id: string;
  /** A name for the user. */
  title: string;
}

/** A tier: what an account may do. A limit that is null does not exist. */
export interface TierOffer {
  /** How many images may be asked for on a UTC day. */
  imagesADay: number | null;
  /** How many videos may be asked for on a UTC day. */
  videosADay: number | null;
  /** How many trainings may be asked for on a UTC day. */
  trainingsADay: number | null;
  /** The tier, as `accounts/{accountId}` names it. */
  id: string;
  /** A name for the user. */
  title: string;
  /** How many jobs run at once. The others wait. */
  jobsAtOnce: number;
  /** How many requests are accepted a minute. */
  submissionsAMinute: number;
  /** How many rows a batch may have. */
  batchRowsMax: number;
  /** The account's fuse blows where more than this would begin in an hour. */
  creditsAnHourMax: number;
  /** Credits that the account gets each month. */
  monthlyCredits: number;
  /** How many briefs the creative director is asked about. */
  directionsADay: number | null;
  /** How many briefs the creative director may refuse. */
  directionRefusalsADay: number | null;
  /** How many teams a user may make. */
  teamsADay: number;
  /** The values that `priority` may have. */
  priorities: string[];
  /** The models that may be used. */
  models: string[];
}

/** Credits that can be bought together, by `createCheckout`. */
export interface PurchaseOffer {
  /** How many. */
  credits: number;
  /** What all of them cost, in cents of `currency`, without the taxes that the page may add. */
  priceCents: number;
  /** The currency, as ISO 4217 has it, in small letters: `usd`. */
  currency: string;
}

/** A job that was accepted. */
export interface Submitted {
  /** The id of the job. */
  jobId: string;
  /** The same as `jobId`. */
  fileUid: string;
  /** The caller. */
  userId: string;
  /** `queued`. After a `retry` it is the new job's present status. */
  status: JobStatus;
  /** The document to listen to: `generations/{userId}/{images|videos|trainings}/{jobId}`. */
  path: string;
  credits: Estimated;
  /** The brand that a training makes; the same as `jobId`. */
  brandId?: string;
  /** The job that this one repeats. */
  retryOf?: string;
  /** In what the job differs from the request: a retired model that was replaced, for example. */
  notes?: string[];
}

/** The director's ideas. */
export interface Directed {
  /** As many as were asked for. */
  concepts: Concept[];
  /** A few sentences that say why these. */
  rationale: string;
  /** The model that answered. */
  director: string;
  credits: Charged;
}

/** The job after `cancel`. */
export interface JobCancelled {
  /** The id of the job. */
  jobId: string;
  /** `cancelled`. */
  status: JobStatus;
  credits: Charged;
}

/** A batch that was accepted. */
export interface BatchSubmitted {
  /** The id of the batch. */
  batchId: string;
  /** `queued`. */
  status: BatchStatus;
  /** How many rows it has. */
  rows: number;
  /**
   * The document to listen to: `batches/{batchId}`. Its rows are in
   * `batches/{batchId}/rows/{index}`.
   */
  path: string;
  credits: Estimated;
  /** In what the rows differ from the request: a retired model that was replaced, for example. */
  notes?: string[];
}

/** What requests would cost. */
export interface CreditsEstimated {
  /** All of them together; those that would be refused count nothing. */
  credits: number;
  /** One for each request, in their order. */
  items: (EstimatedRequest | WrongRequest)[];
  /** What would save most comes first. */
  suggestions: Suggestion[];
}

/** The batch after the call. */
export interface BatchControlled {
  /** The id of the batch. */
  batchId: string;
  /** Its status. */
  status: BatchStatus;
  counts: RowCounts;
}

/** The batch, and a code that shares it. Only this answer has the code. */
export interface BatchInvited {
  /** The id of the batch. */
  batchId: string;
  /** Its status. */
  status: BatchStatus;
  counts: RowCounts;
  /** The id of the invitation's document. */
  inviteId: string;
  /** What the other user has to send with `join`. */
  code: string;
  /** What the batch is shared for. */
  role: ShareRole;
  /** From then on the code lets nobody in. */
  expiresAt: string;
}

/** A page of what was found. */
export interface Found {
  /** Newest first. */
  items: Generation[];
  /** For the next page; left out where nothing more can be found. */
  cursor?: string;
}

/** The marks of a job. */
export interface GenerationMarks {
  /** The job. */
  jobId: string;
  /** Whether it is a favourite. */
  favourite: boolean;
  /** Its tags. */
  tags: string[];
  /** Which of its pictures is shown first, counted from 0. */
  cover: number;
}

/** The marks of the jobs that `jobIds` named. */
export interface GenerationsMarked {
  /** In the order in which they were named. */
  items: GenerationMarks[];
}

/** Nothing: what was named is gone. */
export type Deleted = Record<string, never>;

/** An export that was accepted. */
export interface ExportAsked {
  /** The id of the export. */
  exportId: string;
  /** `queued`. */
  status: ExportStatus;
  /** The document to listen to: `exports/{uid}/files/{exportId}`. */
  path: string;
}

/**
 * The pictures of a pack as uploads of the caller. They are looked at like every upload: each is
 * ready once its document says so.
 */
export interface PackCopied {
  /** What the pack is called. */
  name: string;
  /**
   * In their order, with their modes and captions. Pictures that are not there any more are left
   * out.
   */
  references: CopiedPicture[];
}

/** A webhook that was registered. */
export interface WebhookCreated {
  /** The id of the webhook. */
  webhookId: string;
  /** Where it is told. */
  url: string;
  /** What it is told of. */
  events: WebhookEvent[];
  /** `enabled`. */
  status: WebhookStatus;
  /**
   * What its messages are signed with: keep it where no browser sees it. It is shown this once;
   * left out where the request was sent again and the secret was rotated meanwhile.
   */
  secret?: string;
}

/** A webhook with a new secret. */
export interface WebhookRotated {
  /** The webhook. */
  webhookId: string;
  /** What its messages are signed with from now on. It is shown this once. */
  secret: string;
  /** Until then they are also signed with the secret before. */
  until: string;
}

/** A webhook that was deleted. */
export interface WebhookDeleted {
  /** The webhook. */
  webhookId: string;
}

/** The webhooks of an account. */
export interface WebhooksListed {
  /** Newest first. */
  items: WebhookItem[];
}

/** A page of what a webhook was told. */
export interface DeliveriesListed {
  /** Newest first. */
  items: DeliveryItem[];
  /** For the next page; left out where nothing more can be found. */
  cursor?: string;
}

/** An account's credits. */
export interface Balance {
  /** The account. */
  accountId: string;
  /** Credits that can be spent. */
  available: number;
  /** Credits that are reserved for unfinished work. */
  held: number;
  /** Credits that were taken back after they were spent. Incoming credits pay them first. */
  owed?: number;
}

/** The account after the action. */
export interface AccountControlled {
  /** The account. */
  accountId: string;
  /** Credits that can be spent. */
  available: number;
  /** Credits that are reserved for unfinished work. */
  held: number;
  /** Its tier. */
  tier: string;
  /** `blown`: nothing of the account begins until an administrator resets the fuse. */
  fuse: "whole" | "blown";
  /** Credits that were taken back after they were spent. Incoming credits pay them first. */
  owed?: number;
  /** Whether its requests are refused. */
  blocked?: boolean;
}

/** The fuse of the project, or of a lane. */
export interface FuseReset {
  /** Always `whole`. */
  fuse: "whole";
}

/** What an operator has to know. */
export interface Inspected {
  /** Whether all checks are in order. */
  isFine: boolean;
  /** All that a job needs. */
  checks: CheckShown[];
  /** How many jobs are not settled yet. */
  unsettled: number;
  /** Those of them that do not get on. */
  stuck: StuckJob[];
  /** How many dead letters there are. */
  letters: number;
  /** The oldest of them. */
  deadLetters: LetterShown[];
  /** The queues in which jobs wait for a worker. */
  queues: QueueShown[];
  /** The fuses over all accounts, and those of accounts that have blown and hold something up. */
  fuses: FuseShown[];
  /** The models whose last call failed. */
  breakers: BreakerShown[];
  /** The account that was asked for. Left out where none was, or where there is none of that id. */
  account?: AccountInspected;
}

/** What came of it. */
export interface DeadLetterControlled {
  /** The job of the letter, which is gone. */
  jobId: string;
  /**
   * The new job. Left out for a purge, and for a row of a batch, which gets its job with its slot.
   */
  replayedAs?: string;
  /** The job had been repeated before, by its user or by an earlier call. */
  wasRepeated?: boolean;
}

/** Nothing: the account is being erased. */
export type AccountDeleted = Record<string, never>;

/** The team that was made. */
export interface TeamCreated {
  /** The id of the team. */
  teamId: string;
  /** The account that pays where `teamId` is given. */
  accountId: string;
  /** The team's document. */
  path: string;
}

/** An invitation. Only this answer has its code. */
export interface MemberInvited {
  /** The id of the team. */
  teamId: string;
  /** The id of the invitation's document. */
  inviteId: string;
  /** What the new member has to send with `accept`. */
  code: string;
  /** The role that the new member gets. */
  role: Role;
  /** From then on the code lets nobody in. */
  expiresAt: string;
}

/** A member who has joined, or who was changed. */
export interface MemberChanged {
  /** The id of the team. */
  teamId: string;
  /** The member's role now. */
  role: Role;
}

/** The team that was changed. */
export interface TeamChanged {
  /** The id of the team. */
  teamId: string;
}

/** The key that was made. Only this answer has it. */
export interface KeyCreated {
  /** The id of the key. */
  keyId: string;
  /** What requests send as `Authorization: Bearer …`. Keep it secret, and out of pages and apps. */
  key: string;
  /** How it begins: by this the key can be told from others, and the document has it, too. */
  prefix: string;
}

/** The key that was revoked. */
export interface KeyRevoked {
  /** The id of the key. */
  keyId: string;
}

/** A page on which credits are paid for. */
export interface CheckoutCreated {
  /**
   * The address of the page, for the browser to go to. It can be paid for a day. From there the
   * buyer comes back to the studio: to `/account?purchase=paid`, or to
   * `/account?purchase=cancelled`.
   */
  url: string;
}

/** All that a client needs to draw its form. */
export interface Catalog {
  /** For each kind, the model of a request that names none. */
  defaults: Record<string, string>;
  limits: Limits;
  uploads: UploadLimits;
  welcome: WelcomeGift;
  /** Every model, also those that are not available here. */
  models: (SizedModelOffer | ModelOffer)[];
  /** Retired names of models, which still work. */
  aliases: Record<string, AliasOffer>;
  /** Every style. */
  styles: StyleOffer[];
  /** What each tier may do. */
  tiers: TierOffer[];
  /** The credits that can be bought; absent where nothing is sold. */
  purchases?: PurchaseOffer[];
}

/** Each callable with its request and its answer. */
export interface Callables {
  /** Asks for one to four pictures, which are made by one job. */
  generateImage: { request: GenerateImageRequest; answer: Submitted };
  /** Asks for a video, which is made by one job. */
  generateVideo: { request: GenerateVideoRequest; answer: Submitted };
  /** Asks for a brand: a style that is learned from at least five pictures. */
  trainBrand: { request: TrainBrandRequest; answer: Submitted };
  /** Asks the creative director for ideas. */
  creativeDirectorAgent: { request: DirectCreativeRequest; answer: Directed };
  /** Cancels a job, or repeats a failed or cancelled one as a new job. */
  controlJob: { request: ControlJobRequest; answer: Submitted | JobCancelled };
  /** Asks for up to a hundred pictures and videos at once. */
  submitBatch: { request: SubmitBatchRequest; answer: BatchSubmitted };
  /** Says what requests would cost, what is wrong with them, and what would cost less. */
  estimateCredits: { request: EstimateCreditsRequest; answer: CreditsEstimated };
  /** Pauses, resumes, cancels or orders a batch, runs rows of it again, or shares it. */
  controlBatch: { request: ControlBatchRequest; answer: BatchControlled | BatchInvited };
  /**
   * Finds jobs, newest first: the caller's own, or with `teamId` those of a team that the caller is
   * a member of.
   */
  searchGenerations: { request: SearchGenerationsRequest; answer: Found };
  /**
   * Marks jobs: the caller's own, or those of a team that the caller is an editor or an owner of.
   */
  markGeneration: { request: MarkGenerationRequest; answer: GenerationMarks | GenerationsMarked };
  /**
   * Deletes jobs that have ended, with their files; a failed or cancelled training with its brand.
   */
  deleteGeneration: { request: DeleteGenerationRequest; answer: Deleted };
  /** Asks for one file of a batch, or of some jobs, to take away. */
  exportBatch: { request: ExportBatchRequest; answer: ExportAsked };
  /**
   * Makes a ZIP of all that is the caller's: their documents as `documents.jsonl`, one a line with
   * its path, and their uploads, pictures and videos below `files/`.
   */
  exportAccount: { request: ExportAccountRequest; answer: ExportAsked };
  /**
   * Copies the pictures of a pack that the caller may read into the caller's own uploads, so that a
   * pack of their own may name them.
   */
  copyPack: { request: CopyPackRequest; answer: PackCopied };
  /** Registers an address that is told when jobs and batches of an account end. */
  createWebhook: { request: CreateWebhookRequest; answer: WebhookCreated };
  /** Gives a webhook a new secret. */
  rotateWebhook: { request: RotateWebhookRequest; answer: WebhookRotated };
  /** Deletes a webhook. */
  deleteWebhook: { request: DeleteWebhookRequest; answer: WebhookDeleted };
  /** Lists the webhooks of the caller's own account, or of a team, newest first. */
  listWebhooks: { request: ListWebhooksRequest; answer: WebhooksListed };
  /** Lists what a webhook was told, or is to be told, newest first. */
  listDeliveries: { request: ListDeliveriesRequest; answer: DeliveriesListed };
  /** Gives credits to an account. */
  grantCredits: { request: GrantCreditsRequest; answer: Balance };
  /** Changes an account: its tier, its balance, its fuse, or whether it is blocked. */
  controlAccount: { request: ControlAccountRequest; answer: AccountControlled | FuseReset };
  /**
   * Says what an operator has to know: what is not in order, the jobs that are stuck, the dead
   * letters, the queues, the fuses and the breakers.
   */
  inspect: { request: InspectRequest; answer: Inspected };
  /** Replays or purges the dead letter of a job that spent its attempts or its time. */
  controlDeadLetter: { request: ControlDeadLetterRequest; answer: DeadLetterControlled };
  /**
   * Deletes the caller's account for good, with everything that they made: jobs that run are
   * cancelled (what is billed on whatever happens is paid for); pictures, videos, brands, uploads,
   * packs, templates, batches, comments, votes, keys, webhooks and exports are deleted, also what
   * they made for a team; their memberships and their sign-in end.
   */
  deleteAccount: { request: DeleteAccountRequest; answer: AccountDeleted };
  /** Makes a team, with an account of its own. */
  createTeam: { request: CreateTeamRequest; answer: TeamCreated };
  /** Changes who is in a team, and what they may do. */
  controlTeam: { request: ControlTeamRequest; answer: MemberInvited | MemberChanged | TeamChanged };
  /** Makes an API key, with which a server or a spreadsheet asks as the caller. */
  createApiKey: { request: CreateApiKeyRequest; answer: KeyCreated };
  /** Ends one of the caller's API keys: its next request is refused. */
  revokeApiKey: { request: RevokeApiKeyRequest; answer: KeyRevoked };
  /** Opens a page on which credits are paid for. */
  createCheckout: { request: CreateCheckoutRequest; answer: CheckoutCreated };
  /** Says what there is: models, prices, sizes, styles, tiers, limits. */
  getCatalog: { request: GetCatalogRequest; answer: Catalog };
}

// ---- Refusals: the `details` of an error ----

/** What is wrong with one field. */
export interface WrongField {
  /**
   * Its name as it was sent, counted from 0: `references[2].path` is the path of the third
   * reference. Empty where the payload as a whole is wrong.
   */
  field: string;
  /** A sentence in English for a person. */
  message: string;
}

/** A field is wrong. Shows each message at its field. The same request is refused again. */
export interface InvalidRequestRefusal {
  reason: "invalid-request";
  /** At most 21; the last one then says how many more there are. */
  fieldErrors: WrongField[];
}

/**
 * A generated picture or video that the request names was deleted, is not finished, or is none that
 * the caller may see; or an upload was refused and deleted; or a file of its reference pack is
 * gone. An upload that the request itself names and that does not exist (never uploaded, deleted by
 * its user) is not refused: the job ends `failed` with this code, and costs nothing. One that
 * nobody has looked at yet may be named: the job looks. Uploads it again, or chooses another.
 */
export interface ReferenceMissingRefusal {
  reason: "reference-missing";
  /** At most 21; the last one then says how many more there are. */
  fieldErrors: WrongField[];
  /** The first five of the missing pictures. */
  paths: string[];
}

/** A file that the request names is no picture that can be read. Asks for another picture. */
export interface ReferenceUnreadableRefusal {
  reason: "reference-unreadable";
  /** At most 21; the last one then says how many more there are. */
  fieldErrors: WrongField[];
  /** The first five of the unreadable pictures. */
  paths: string[];
}

/**
 * The prompt has a `{{placeholder}}` without a default, and `variables` does not have its name.
 * Asks for the values.
 */
export interface VariableMissingRefusal {
  reason: "variable-missing";
  /** At most 21; the last one then says how many more there are. */
  fieldErrors: WrongField[];
  /** The first 20 of the names, as the prompt has them. */
  names: string[];
}

/**
 * The payload is too large, or too deeply nested. Sends less: references by path, and no pictures
 * in the payload.
 */
export interface RequestTooLargeRefusal {
  reason: "request-too-large";
  /** The largest payload, in bytes. */
  bytesMax: number;
  /** How deep lists and objects may be nested. */
  depthMax: number;
}

/**
 * There is no ID token, or it is not valid or has expired; or the App Check token. Signs in, or
 * refreshes the token, and sends the request again.
 */
export interface UnauthenticatedRefusal {
  reason: "unauthenticated";
}

/**
 * The account has too few credits. Asks for less, or offers credits. With `welcome: "verify"` asks
 * the user to verify their address first.
 */
export interface InsufficientCreditsRefusal {
  reason: "insufficient-credits";
  /** Credits that the request needs. */
  required: number;
  /** Credits that the account can spend. */
  available: number;
  /** Credits that incoming credits pay first. */
  owed?: number;
  /**
   * The user has not had the welcome credits yet. `verify`: they come with the next request, once
   * the user has verified an e-mail address or a phone number and has a new ID token. `tomorrow`:
   * today's are given away.
   */
  welcome?: "verify" | "tomorrow";
}

/** A limit of the day is reached. Waits until `resetsAt`. */
export interface QuotaExceededRefusal {
  reason: "quota-exceeded";
  /** How many are allowed a day. */
  limit: number;
  /** How many are used. */
  used: number;
  /** What is counted: a field of `Usage` (`images`, `credits`, `directions` …). */
  of: string;
  /** Whose limit it is: the tier's, the member's in the team, or the API key's. */
  limitOf: "tier" | "member" | "key";
  /** When the next day begins. */
  resetsAt: string;
}

/**
 * Too many requests, or refusals, in one minute. Waits for `retryAfterSeconds` and sends the same
 * request again.
 */
export interface RateLimitedRefusal {
  reason: "rate-limited";
  /** How many are allowed a minute. */
  limit: number;
  /** How long to wait. */
  retryAfterSeconds: number;
}

/**
 * The account's tier does not have the model. Offers one of `models`, or another tier where there
 * is none.
 */
export interface ModelNotInTierRefusal {
  reason: "model-not-in-tier";
  /** The model that was asked for. */
  model: string;
  /** Those of the tier that make the same, and are set up. */
  models: string[];
}

/** The account's tier does not have the priority. Sends one of `priorities`, or none. */
export interface PriorityNotInTierRefusal {
  reason: "priority-not-in-tier";
  /** The priority that was asked for. */
  priority: string;
  /** The priorities of the tier. */
  priorities: string[];
}

/** The caller's role in the team does not allow this. Hides what the role may not do. */
export interface RoleNotAllowedRefusal {
  reason: "role-not-allowed";
  /** The caller's role. */
  role: string;
}

/** The caller is not in the team, or no longer. Leaves the team's pages. */
export interface NotAMemberRefusal {
  reason: "not-a-member";
}

/** Only an owner of the team may do this, or the user of the job. Says so. */
export interface NotOwnerRefusal {
  reason: "not-owner";
}

/** Only an administrator (custom claim `admin`) may do this. Says so. */
export interface NotAdminRefusal {
  reason: "not-admin";
}

/** The API key may not be used for this. Makes a key that has `scope`. */
export interface ScopeMissingRefusal {
  reason: "scope-missing";
  /** The scope that is needed. */
  scope: string;
  /** The scopes of the key. */
  scopes: string[];
}

/**
 * The user, or the team, is blocked. Stops asking. Shows that the account is blocked, and whom to
 * write to.
 */
export interface AccountBlockedRefusal {
  reason: "account-blocked";
  /** The account that is blocked. */
  accountId: string;
}

/**
 * There is no such thing, or no longer, or it is somebody else's. Reads again what there is.
 * `not-found` without `details` comes from the platform: check the name of the function, and the
 * region.
 */
export interface NotFoundRefusal {
  reason: "not-found";
  /** Of several jobs that were named, those that are not there. */
  jobIds?: string[];
}

/**
 * The job, the batch, the brand or the team is not in a state that allows this. Reads the document
 * again: it has moved on.
 */
export interface IllegalStateRefusal {
  reason: "illegal-state";
  /** The status of the job, the batch or the brand. */
  status?: string;
  /** How many open invitations a team may have. */
  limit?: number;
}

/**
 * The job was begun, and is billed even if it is cancelled. Asks the user, and sends it again with
 * `acceptCharge: true`.
 */
export interface CancelIsChargedRefusal {
  reason: "cancel-is-charged";
  /** What the cancel costs. */
  credits: number;
}

/** The request, or the batch, comes to more than its `maxCredits`. Shows both numbers, and asks. */
export interface OverBudgetRefusal {
  reason: "over-budget";
  /** Credits that it comes to. */
  required: number;
  /** The most that it may come to. */
  maxCredits: number;
}

/**
 * The batch has more rows than the account's tier allows, or the account has too many batches that
 * have not ended. Sends smaller batches, or waits until one has ended.
 */
export interface BatchTooLargeRefusal {
  reason: "batch-too-large";
  /** How many are allowed. */
  limit: number;
  /** What is counted. */
  of: "rows" | "batches";
}

/**
 * The `requestId` was used before, for something else. Makes a new `requestId`, once for each thing
 * that it asks for.
 */
export interface RequestIdReusedRefusal {
  reason: "request-id-reused";
  /** The job that has the `requestId`. */
  jobId?: string;
  /** The team that has the `requestId`. */
  teamId?: string;
  /** The batch that has the `requestId`. */
  batchId?: string;
  /** The export that has the `requestId`. */
  exportId?: string;
  /** The webhook that has the `requestId`. */
  webhookId?: string;
}

/**
 * The backend cannot answer now. How far the request had come is not known. Sends the same request
 * again, with the same `requestId`.
 */
export interface BusyRefusal {
  reason: "busy";
  /** How long to wait, where that is known. */
  retryAfterSeconds?: number;
}

/**
 * A fault of the backend. How far the request had come is not known. Sends the same request again
 * once, with the same `requestId`.
 */
export interface InternalRefusal {
  reason: "internal";
}

export type Reason =
  | "invalid-request"
  | "reference-missing"
  | "reference-unreadable"
  | "variable-missing"
  | "request-too-large"
  | "unauthenticated"
  | "insufficient-credits"
  | "quota-exceeded"
  | "rate-limited"
  | "model-not-in-tier"
  | "priority-not-in-tier"
  | "role-not-allowed"
  | "not-a-member"
  | "not-owner"
  | "not-admin"
  | "scope-missing"
  | "account-blocked"
  | "not-found"
  | "illegal-state"
  | "cancel-is-charged"
  | "over-budget"
  | "batch-too-large"
  | "request-id-reused"
  | "busy"
  | "internal";

/** `error.details` of a callable that was refused. */
export type Refusal =
  | InvalidRequestRefusal
  | ReferenceMissingRefusal
  | ReferenceUnreadableRefusal
  | VariableMissingRefusal
  | RequestTooLargeRefusal
  | UnauthenticatedRefusal
  | InsufficientCreditsRefusal
  | QuotaExceededRefusal
  | RateLimitedRefusal
  | ModelNotInTierRefusal
  | PriorityNotInTierRefusal
  | RoleNotAllowedRefusal
  | NotAMemberRefusal
  | NotOwnerRefusal
  | NotAdminRefusal
  | ScopeMissingRefusal
  | AccountBlockedRefusal
  | NotFoundRefusal
  | IllegalStateRefusal
  | CancelIsChargedRefusal
  | OverBudgetRefusal
  | BatchTooLargeRefusal
  | RequestIdReusedRefusal
  | BusyRefusal
  | InternalRefusal;

// ---- Documents ----

/**
 * What was delivered: `generation_data` of the public view. The addresses of its files are in the
 * field of its kind: `image_urls` or `video_url`; a training's weights have none.
 */
export interface Output {
  /** The files in Storage. Keep these: a path stays, an address may be replaced. */
  storage_paths: string[];
  /** An address for each picture. It opens to everybody who has it. */
  image_urls: string[];
  /** An address for the thumbnail of each picture, or of the video. */
  thumbnail_urls: string[];
  /** The model that made it. */
  model: string;
  /** Who runs that model. */
  provider: string;
  /** The seed that was used; of several pictures the first one's. */
  seed: number;
  /** The address of the video. It opens to everybody who has it. */
  video_url?: string | null;
  /** Frames a second of the video file. */
  fps?: number | null;
  /** The length of the video file. */
  duration_seconds?: number | null;
  /** Where a training's weights are, if it made any. */
  model_uri?: string | null;
}

/** Why a job failed, as its user reads it. */
export interface JobError {
  /** Kebab-case and stable. */
  code: string;
  /** A sentence in English for a person. */
  message: string;
  /** Whether `controlJob` with `retry` may help. */
  retryable: boolean;
}

/** `estimated` is what was held at submission; `charged` what was captured in the end. */
export interface ViewCredits {
  /** Credits that were held at submission. */
  estimated: number;
  /** Credits that were charged in the end; 0 before. */
  charged: number;
}

/** The model that a job was accepted for, and that was gone when the job was run. */
export interface ReplacedModel {
  /** Its name. */
  model: string;
  /** A sentence in English that says what is used instead. */
  note: string;
}

/** The version of a pack or a template that a job uses. */
export interface Edition {
  /** The id of its document. */
  id: string;
  /** The `version` that the document had then. */
  version: number;
}

/**
 * What was asked for on one UTC day. An account gets back, on the same day, what has ended and was
 * never begun, so that no worker has taken it: what was begun may have been billed. A member gets
 * back only what nothing was spent on either, so nothing for which a provider was asked.
 */
export interface Usage {
  /** The UTC day (`2026-11-29`) that is counted. On another day all counts are 0. */
  day: string;
  /** How many images were asked for. */
  images: number;
  /** How many videos were asked for. */
  videos: number;
  /** How many trainings were asked for. */
  trainings: number;
  /** Credits that were asked for. */
  credits: number;
  /** Briefs that the creative director was asked about. */
  directions: number;
  /** Briefs that the creative director refused. */
  direction_refusals: number;
  /** Teams that the user has made. */
  teams: number;
  /** Exports that the user has asked for. */
  exports: number;
}

/** The rows of a batch by their status, at one moment. They always add up to `total`. */
export interface Counts {
  /** All rows. */
  total: number;
  /** Rows that have not begun. */
  queued: number;
  /** Rows that have begun. */
  processing: number;
  /** Rows that were made, in part at least. */
  completed: number;
  /** Rows that failed. */
  failed: number;
  /** Rows that were cancelled. */
  cancelled: number;
}

/** `estimated` is what was held; `charged` what was captured in the end. */
export interface Cost {
  /** Credits that are held, or were held at the last acceptance. */
  estimated: number;
  /** Credits that were charged; 0 before the end. */
  charged: number;
}

/** Why there is no file, as its user reads it. */
export interface ExportError {
  /**
   * `not-found` (what was to be exported is gone, or is not to be seen any more) or
   * `export-failed`.
   */
  code: string;
  /** A sentence in English for a person. */
  message: string;
}

/** The most that may be asked for on one UTC day. None, or a missing kind, means no limit. */
export interface DailyLimits {
  /** How many images may be asked for. */
  images?: number | null;
  /** How many videos may be asked for. */
  videos?: number | null;
  /** How many trainings may be asked for. */
  trainings?: number | null;
  /** Credits that may be spent. */
  credits?: number | null;
}

/** Why an uploaded file was removed. */
export interface UploadError {
  /** `reference-unreadable` (no picture that can be read) or `quota-exceeded` (no room). */
  code: string;
  /** A sentence in English for a person: what is wrong, and what to do. */
  message: string;
  /**
   * Why it cannot be read: `empty`, `too-many-pixels`, `damaged` (broken or cut off), the name of
   * another format (`heic`, `avif`, `gif`, `bmp`, `tiff`, `psd`, `pdf`, `svg`, `jpeg-xl`,
   * `jpeg-2000`, `video`), or `no-picture`.
   */
  cause?: string | null;
}

/** One picture of a pack. */
export interface PackReference {
  /** An upload of the pack's writer: `references/{user_id}/{fileId}.{png|jpg|jpeg|webp}`. */
  path: string;
  /** What a model takes from the picture: its style, or its composition, too. */
  mode: "style_only" | "style_and_composition";
  /** What it shows, for people; at most 500 characters. Models do not read it. */
  caption?: string | null;
}

/**
 * `generations/{uid}/{kind}/{jobId}`. What may be known of a job: `kind` is `images` or `videos` or
 * `trainings`. The answer to a submission has this path. A status never goes backwards, and a final
 * one (`completed`, `failed`, `cancelled`) never changes: a retry is a new job.
 */
export interface JobView {
  /** How far the job is. */
  status: JobStatus;
  /** When it was accepted. */
  created_at: Timestamp;
  /** When it was last changed. */
  modified: Timestamp;
  /** The request as it was sent, in camelCase. */
  request_data: Record<string, unknown>;
  /** The id of the job. */
  file_uid: string;
  /** Who asked for it. */
  user_id: string;
  /** Who pays: `user_{uid}` or `team_{teamId}`. */
  account_id: string;
  /** True once it is completed. */
  generated: boolean;
  /** 0 to 1. With most image models it stays at 0 until they are completed. */
  progress: number;
  credits: ViewCredits;
  /** How often the work was begun. It may go back by one when a provider asks to come later. */
  attempts: number;
  /** The model that is used. Filter by this field, not by `generation_data.model`. */
  model: string;
  /** How many were asked for. */
  count: number;
  /**
   * The words that it is found by, each once and at most 60: those of `title`, `name`, `prompt` and
   * `styleId`, in lower case and without accents. Of scripts that have no spaces they are pairs of
   * characters.
   */
  search_terms: string[];
  /** Whether its users marked it as a favourite (`markGeneration`). */
  favourite: boolean;
  /** The tags that its users gave it, in lower case (`markGeneration`). */
  tags: string[];
  /** Which of several pictures its users chose to be shown first (`markGeneration`). */
  cover: number;
  /** When it became final. */
  completed_at?: Timestamp | null;
  /**
   * Why a queued job does not run: `capacity` (jobs before it, or the tier's `jobsAtOnce`),
   * `schedule` (its `scheduledAt`), `resume` (a fuse: an administrator has to act), `batch` (its
   * batch is paused).
   */
  waiting_for?: WaitingFor | null;
  /** What was made; set once it is completed. */
  generation_data?: Output | null;
  /** Why it failed; set once it is `failed`. */
  error?: JobError | null;
  /** The team that pays; null where the user pays. */
  team_id?: string | null;
  /** The batch that the job runs a row of; null for a single job. */
  batch_id?: string | null;
  /** The index of the row; missing for a single job. */
  row?: number | null;
  /** The brand that was asked for, or that the training makes. */
  brand_id?: string | null;
  /** The job that this one repeats. */
  retry_of?: string | null;
  /** The job whose result it shows again, in copies, where its request has `reuse`. */
  reused_from?: string | null;
  /**
   * The model that was agreed, where its owner had shut it down when the job was run; `model` is
   * the one that took its place. `credits.charged` is by the smaller price of both,
   * `credits.estimated` by what was agreed.
   */
  replaced_model?: ReplacedModel | null;
  /** The reference pack that is used, in the version of the submission. */
  pack?: Edition | null;
  /** The template that filled the request, in the version of the submission. */
  template?: Edition | null;
  /** The `requestId` of the request. */
  request_id?: string | null;
  /** Pixels of each picture, or of the video. */
  width?: number | null;
  /** Pixels. */
  height?: number | null;
  /** How many of `count` could not be made, once it is `completed`; null where none is missing. */
  missing?: number | null;
  /** The seed; of several pictures the first one's. */
  seed?: number | null;
}

/**
 * `accounts/{accountId}`. Who pays, and what is left: `user_{uid}` or `team_{teamId}`. A user's
 * account comes with their first accepted request; before that `getCatalog().welcome` says what
 * they will get. It follows within about a second after a job has ended, so listen to it.
 */
export interface Account {
  /** `user_{uid}` or `team_{teamId}`. */
  id: string;
  /** What the account may do: one of `getCatalog().tiers`. */
  tier: string;
  /** Credits that can be spent. */
  available: number;
  /** Credits that are reserved for unfinished jobs and directions. */
  held: number;
  /**
   * Credits that were taken back after they were spent; above 0 only while `available` is 0.
   * Incoming credits pay them first.
   */
  owed: number;
  /**
   * How many jobs of the account run or are about to. At the tier's `jobsAtOnce` no further one
   * begins.
   */
  active: number;
  /** What was asked for on a UTC day. */
  usage: Usage;
  /** The reason that an administrator gave. */
  blocked_reason: string;
  /** When the account was opened. */
  created_at: Timestamp;
  /** When it was last changed. */
  modified: Timestamp;
  /**
   * Since then every request of the user, or for the team, is refused with `account-blocked`. Jobs
   * that wait do not begin; jobs that have begun go on to their end.
   */
  blocked_at?: Timestamp | null;
  /**
   * Since then its user is being erased: every request of theirs is refused with `account-blocked`,
   * until nothing of them is left, this document included.
   */
  erasing_at?: Timestamp | null;
}

/**
 * `accounts/{accountId}/ledger/{entryId}`. One line of the account's books. It never changes: a
 * mistake is corrected by an `adjust`. `available` of the account is the sum of what the entries
 * add to it.
 */
export interface LedgerEntry {
  /**
   * `grant` adds to `available`; `hold` moves from `available` to `held`; `capture` takes from
   * `held`; `release` moves back from `held` to `available`; `adjust` corrects `available`.
   */
  type: EntryType;
  /** Credits. Positive, except in an `adjust`. */
  amount: number;
  /** The account's `available` after this entry. */
  available_after: number;
  /** The account's `held` after this entry. */
  held_after: number;
  /** When it was written. */
  created_at: Timestamp;
  /** Who caused it: a user id, or a part of the backend. */
  actor: string;
  /** The account's `owed` after this entry. */
  owed_after: number;
  /**
   * The job that it is about. A job's entries are `{jobId}:hold`, `{jobId}:capture` and
   * `{jobId}:release`.
   */
  job_id?: string | null;
  /**
   * What that job makes: `image`, `video` or `training`. Its view is at `generations/{actor of its
   * hold}/{kind}s/{job_id}`.
   */
  kind?: string | null;
  /**
   * The batch that it is about, or that its job runs a row of. `{batchId}:hold` holds for all rows,
   * `{batchId}:hold:{n}` for those that are retried or edited, and `{batchId}:release` and
   * `{batchId}:release:{n}` give back what was held for rows that did not run.
   */
  batch_id?: string | null;
  /** Why, where a person or a rule gave a reason. */
  reason?: string | null;
  /** The change of the account's debt, where there is one. */
  owed?: number | null;
  /** The checkout session of a purchase. */
  session_id?: string | null;
  /** The payment of a purchase. */
  payment_intent?: string | null;
}

/**
 * `batches/{batchId}`. Many requests that were accepted together. Its counts follow its rows within
 * about a second.
 */
export interface Batch {
  /** The id of the batch. */
  id: string;
  /** What its user calls it. */
  name: string;
  /**
   * `queued` until its first row begins, then `running`; `paused` while no row begins. `completed`
   * once its last row is final, however many failed; `cancelled` from the cancel on, while its
   * running rows still end.
   */
  status: BatchStatus;
  /** The rows by their status: of one moment, at most about a second old. */
  counts: Counts;
  /** Of all rows together. */
  credits: Cost;
  /** Who submitted it. */
  user_id: string;
  /** Who pays: `user_{uid}` or `team_{teamId}`. */
  account_id: string;
  /** When it was accepted. */
  created_at: Timestamp;
  /** When it was last changed. */
  modified: Timestamp;
  /** The order among what waits of one account. */
  priority: Priority;
  /** The name in its user's token, if there was one. */
  owner_name?: string | null;
  /** The team that pays; null where the user pays. */
  team_id?: string | null;
  /** No row begins before. */
  scheduled_at?: Timestamp | null;
  /** When it became `completed` or `cancelled`. */
  completed_at?: Timestamp | null;
  /** The most that the batch may come to. */
  max_credits?: number | null;
}

/** `batches/{batchId}/rows/{index}`. One request of a batch. From its slot on it shows its job. */
export interface BatchRow {
  /** The row's index, as a text. */
  id: string;
  /** The row's place in the batch, from 0. */
  index: number;
  /** How far the row is. */
  status: JobStatus;
  /** What the row makes. */
  kind: JobKind;
  /** The row as it was sent, with the batch's `defaults`. */
  request_data: Record<string, unknown>;
  /** What the row costs. */
  credits: Cost;
  /** When the batch was accepted. */
  created_at: Timestamp;
  /** When the row was last changed. */
  modified: Timestamp;
  /** The batch. */
  batch_id: string;
  /** Who submitted the batch. */
  user_id: string;
  /** Who pays. */
  account_id: string;
  /** How often the row was run, the run under way included. */
  attempt: number;
  /** The team that pays; null where the user pays. */
  team_id?: string | null;
  /** The row's job, from its slot on. */
  job_id?: string | null;
  /** The view of the row's job, from its slot on. */
  path?: string | null;
  /** Why it failed; set once it is `failed`. */
  error?: JobError | null;
  /** What was made; set once it is completed. */
  generation_data?: Output | null;
}

/** `batches/{batchId}/comments/{commentId}`. What somebody says of a batch, or of a row. */
export interface BatchComment {
  /** What is said; 1 to 2,000 characters. */
  text: string;
  /** Who wrote it. It never changes. */
  user_id: string;
  /** The server's time of the first write. It never changes. */
  created_at: Timestamp;
  /** The server's time of this write. */
  modified: Timestamp;
  /** The index of the row that it is about, 0 to 99; without it, it is about the batch. */
  row?: number | null;
  /** The writer's name: only the one in their own token, or none. */
  author_name?: string | null;
}

/**
 * `batches/{batchId}/shared_with/{uid}`. Shares a batch with a user, who then reads the batch, its
 * rows, its comments, its comparisons and the documents of its jobs. It ends with `revoked_at`:
 * reading at once, and within about ten minutes the addresses that were seen. Then it is deleted,
 * and so are the codes that were open when it was revoked. What a browser has stored of a picture
 * it keeps. Until it is deleted the user cannot be let in again.
 */
export interface BatchShare {
  /** The user who may read the batch: its name, too. */
  uid: string;
  /** The batch: the one that it is in. */
  batch_id: string;
  /** What they may do. */
  role: ShareRole;
  /** Who shared it: the writer, or who made the code. It never changes. */
  user_id: string;
  /** The server's time of the first write. It never changes. */
  created_at: Timestamp;
  /** The server's time of this write. */
  modified: Timestamp;
  /**
   * What the batch is called, for the list of whoever it is shared with; at most 128 characters.
   */
  batch_name?: string | null;
  /** What their token called that user when they joined by a code. Only the backend sets it. */
  name?: string | null;
  /**
   * The share has ended: the server's time. It is set once, and nothing is changed after it. The
   * backend then replaces the addresses of the batch's pictures, and deletes this document.
   */
  revoked_at?: Timestamp | null;
}

/** `batches/{batchId}/invites/{inviteId}`. A code that is still open. It does not have the code. */
export interface ShareInvite {
  /** The id of the document. */
  id: string;
  /** What whoever joins by it may do. */
  role: ShareRole;
  /** Who made it. It lets nobody in once they do not control the batch any more, or are blocked. */
  created_by: string;
  /** When it was made. */
  created_at: Timestamp;
  /** From then on it lets nobody in, and the document may be deleted. */
  expires_at: Timestamp;
}

/** `comparisons/{comparisonId}`. Two results beside each other. */
export interface Comparison {
  /**
   * The path of one view, which its writer may read. It never changes. The view says the seed, the
   * prompt and whatever else the result was made of.
   */
  left: string;
  /** The path of the other view. It never changes. */
  right: string;
  /** Who wrote it. It never changes. */
  user_id: string;
  /** The server's time of the first write. It never changes. */
  created_at: Timestamp;
  /** The server's time of this write. */
  modified: Timestamp;
  /** Which picture of the left view, 0 to 3; without it the first. It never changes. */
  left_asset?: number | null;
  /** Which picture of the right view. It never changes. */
  right_asset?: number | null;
  /** What it is about; at most 2,000 characters. Its writer may change it. */
  note?: string | null;
  /**
   * The batch whose readers read it. Its writer has to be one who may comment on it. It never
   * changes.
   */
  batch_id?: string | null;
  /** The team whose members read it, its writer being one. It never changes. */
  team_id?: string | null;
}

/** `comparisons/{comparisonId}/votes/{uid}`. Which of the two a user finds better. */
export interface Vote {
  /** Which is better. It may be changed. */
  choice: "left" | "right" | "tie";
  /** Who votes: the name of the document, too. */
  user_id: string;
  /** The server's time of the first write. It never changes. */
  created_at: Timestamp;
  /** The server's time of this write. */
  modified: Timestamp;
}

/**
 * `api_keys/{keyId}`. A key of the HTTPS API, without the key. It is made and revoked by callables.
 */
export interface ApiKey {
  /** The id of the key. */
  id: string;
  /** Who made it, and as whom its requests are carried out. */
  user_id: string;
  /** What its owner calls it. */
  name: string;
  /** How the key begins, to tell it from others. */
  prefix: string;
  /** What it may be used for. */
  scopes: Scope[];
  /** When it was made. */
  created_at: Timestamp;
  /** The team that its requests are for; null where they are for its owner alone. */
  team_id?: string | null;
  /** When it was used last, to the hour. */
  last_used_at?: Timestamp | null;
  /** From then on it is refused. */
  expires_at?: Timestamp | null;
  /** Since then it is refused. */
  revoked_at?: Timestamp | null;
  /**
   * The most credits that may be asked for with it on one UTC day; null where there is no such
   * limit.
   */
  credits_a_day?: number | null;
}

/**
 * `webhooks/{webhookId}`. An address that is told when jobs and batches of an account end. Its
 * secret is in no document.
 */
export interface Webhook {
  /** The id of the webhook. */
  id: string;
  /** Where it is told. */
  url: string;
  /** What it is told of. */
  events: WebhookEvent[];
  /**
   * `enabled`; `disabled` once its receiver has answered 410, or has accepted nothing for three
   * days, or whoever registered it may no longer act for the team. Nothing is sent then; register
   * it again.
   */
  status: WebhookStatus;
  /** Whose jobs and batches it is told of: `user_{uid}` or `team_{teamId}`. */
  account_id: string;
  /** Who registered it. */
  created_by: string;
  /** When it was registered. */
  created_at: Timestamp;
  /** When it was last changed. */
  modified: Timestamp;
  /** Whose it is; null where it is a team's. */
  user_id?: string | null;
  /** The team whose it is; null where it is a user's. */
  team_id?: string | null;
  /** Why its last attempt failed, or why it is disabled, in a sentence; null while all is well. */
  last_error?: string | null;
  /** When it was disabled. */
  disabled_at?: Timestamp | null;
  /** Since then no attempt was accepted; null while all is well. */
  failing_since?: Timestamp | null;
}

/**
 * `webhooks/{webhookId}/deliveries/{deliveryId}`. One event that the webhook was told of, or is to
 * be told of. It is kept for thirty days.
 */
export interface Delivery {
  /** The id of the delivery, and the `webhook-id` of each of its attempts. */
  id: string;
  /** The webhook. */
  webhook_id: string;
  /** What has happened. */
  event: WebhookEvent;
  /** The document of the job or the batch that it tells of. */
  path: string;
  /**
   * `pending` until it is `delivered`; `failed` where it was given up, after a day or at the answer
   * 410; `dropped` where it was not sent any more: the webhook was disabled, or what it tells of
   * was deleted.
   */
  status: NoticeStatus;
  /** When the job or the batch ended. */
  occurred_at: Timestamp;
  /** When it was written. */
  created_at: Timestamp;
  /** When it was last changed. */
  modified: Timestamp;
  /** How often it was sent, or begun to be. */
  attempts: number;
  /** The HTTP status of the last answer; null where there was none. */
  response_status?: number | null;
  /** Why the last attempt failed, or why it was dropped, in a sentence. */
  error?: string | null;
  /** When it was accepted. */
  delivered_at?: Timestamp | null;
}

/**
 * `exports/{uid}/files/{exportId}`. An export, and its file. The file is deleted when `expires_at`
 * has come; the document stays for a month.
 */
export interface Export {
  /** The id of the export. */
  id: string;
  /** Who asked for it. */
  user_id: string;
  /** How far it is. `completed` and `failed` are final. */
  status: ExportStatus;
  /** The kind of file. */
  format: ExportFormat;
  /** When it was asked for. */
  created_at: Timestamp;
  /** When it was last changed. */
  modified: Timestamp;
  /** The jobs that are exported, in their order; empty where a batch is. */
  job_ids: string[];
  /** Everything that is the user's is exported, and neither a batch nor jobs. */
  of_account: boolean;
  /** 0 to 1. */
  progress: number;
  /** The batch that is exported; null where jobs are. */
  batch_id?: string | null;
  /** The team whose API key asked for it; null where its user did. */
  team_id?: string | null;
  /** The file in Storage; set while it is there. */
  storage_path?: string | null;
  /** The file's address; set while it is there. It opens to everybody who has it. */
  url?: string | null;
  /** The size of the file; set once it is completed. */
  size_bytes?: number | null;
  /** When it became final. */
  completed_at?: Timestamp | null;
  /** When the file is deleted, seven days after it was made; set once it is completed. */
  expires_at?: Timestamp | null;
  /** Why there is no file; set once it is `failed`. */
  error?: ExportError | null;
}

/** `brands/{brandId}`. A style that was learned from pictures. */
export interface Brand {
  /** The id of the brand, which is that of the job that trains it. */
  id: string;
  /** What it is called. */
  name: string;
  /** `ready`: requests may name it. A cancelled training counts as `failed`. */
  status: BrandStatus;
  /** Who made it. */
  user_id: string;
  /** Who paid for it. */
  account_id: string;
  /** The job that trains it. */
  job_id: string;
  /** 0 to 1. */
  progress: number;
  /** The model that learns it. */
  model: string;
  /** When it was asked for. */
  created_at: Timestamp;
  /** When it was last changed. */
  modified: Timestamp;
  /** The pictures that it learns from, as its maker named them, each with `path` and `mode`. */
  references: Record<string, string>[];
  /** The team that it belongs to; without it, it is its maker's. */
  team_id?: string | null;
  /** Where the weights are, if the training made any. */
  model_uri?: string | null;
  /** The open model that the weights are for. Absent of a brand of an earlier version. */
  base_model?: string | null;
  /**
   * The word that calls the brand where its weights are loaded. MediaForge says it: requests need
   * not.
   */
  trigger?: string | null;
  /** Why it failed; set once it is `failed`. */
  error?: JobError | null;
}

/** `teams/{teamId}`. A team. */
export interface Team {
  /** The id of the team. */
  id: string;
  /** What it is called. */
  name: string;
  /** The user who made it. */
  created_by: string;
  /** When it was made. */
  created_at: Timestamp;
  /** When its members or invitations were last changed. */
  modified: Timestamp;
  /**
   * How often a membership ended. While `rotated_epoch` is lower, the addresses that former members
   * have seen are being replaced.
   */
  address_epoch: number;
  /** The `address_epoch` up to which the addresses have been replaced. */
  rotated_epoch: number;
  /** Invitations made until then let nobody in, except one that is bound to a user id. */
  codes_void_before?: Timestamp | null;
}

/** `teams/{teamId}/members/{uid}`. A member of a team. */
export interface Member {
  /** What the member may do. */
  role: Role;
  /** The member's user id. */
  uid: string;
  /** What they may ask for on a UTC day. */
  limits: DailyLimits;
  /** What they have asked for on a UTC day. */
  usage: Usage;
  /** When they joined. */
  joined_at?: Timestamp | null;
  /** Who invited or added them. */
  invited_by?: string | null;
  /** What their token called them when they joined, or when they last submitted for the team. */
  name?: string | null;
  /** The address of the picture that their token had of them then. */
  photo_url?: string | null;
}

/** `teams/{teamId}/invites/{inviteId}`. An open invitation. It does not have the code. */
export interface Invite {
  /** The role that the new member gets. */
  role: Role;
  /** Who made it. */
  created_by: string;
  /** When it was made. */
  created_at: Timestamp;
  /** From then on it lets nobody in, and the document may be deleted. */
  expires_at: Timestamp;
  /**
   * The one person that it lets in: `uid:` and their user id, or `email:` and a hash. Without it,
   * it lets in anybody who has the code.
   */
  bound_to?: string | null;
}

/**
 * `references/{uid}`. How much a user keeps of uploads, and may keep. Without this document:
 * nothing yet.
 */
export interface UploadFolder {
  /** The user. */
  id: string;
  /** How many files there are. */
  files: number;
  /** How large they are together. */
  size_bytes: number;
  /** How many files there may be; 0 while the user is blocked. */
  files_max: number;
  /** How large they may be together. */
  bytes_max: number;
  /** When they were last counted. */
  counted_at: Timestamp;
}

/**
 * `references/{uid}/files/{fileId}`. What became of an uploaded file. It comes within seconds of
 * the upload, `processing` at first. Two files that differ in their ending only share it: it tells
 * of the later one.
 */
export interface Upload {
  /** The name of the file without its ending. */
  id: string;
  /** The file. */
  path: string;
  /**
   * `processing`: it is being looked at. `ready`: requests may name it. `refused`: the file was
   * deleted.
   */
  status: UploadStatus;
  /** How large the file is. */
  size_bytes: number;
  /** The type that its bytes have, once it is `ready`; the name may say another. */
  content_type: string;
  /** When the file was stored. */
  created_at: Timestamp;
  /** When the document was last changed. */
  modified: Timestamp;
  /** Why it was refused. */
  error?: UploadError | null;
  /** From then on the document of a refused file may be deleted. */
  forget_at?: Timestamp | null;
  /** Once it is `ready`: how many pixels it is wide, upright. */
  width?: number | null;
  /** How many pixels it is high. */
  height?: number | null;
  /**
   * The SHA-256 of the file as it is kept, in hexadecimal: two with the same one are the same
   * picture.
   */
  sha256?: string | null;
  /** The address of its thumbnail, once it is `ready`. */
  thumbnail_url?: string | null;
}

/**
 * `reference_packs/{packId}`. A named set of uploads, which requests name with `referencePackId`.
 * The backend reads its files, whoever owns them.
 */
export interface ReferencePack {
  /** What it is called; 1 to 80 characters. */
  name: string;
  /** Who wrote it. It never changes. */
  user_id: string;
  /**
   * Who reads it besides its writer: nobody (`private`), the members of `team_id` (`team`), or
   * everybody who is signed in (`public`). Who may read a pack may use it.
   */
  visibility: Visibility;
  /** One to six pictures, in their order. */
  references: PackReference[];
  /** Whether it is meant to be copied. It is there to list by. */
  is_template: boolean;
  /** 1, and with every change exactly one more. */
  version: number;
  /** The server's time of the first write. It never changes. */
  created_at: Timestamp;
  /** The server's time of this write. */
  modified: Timestamp;
  /**
   * The team that it is shared with: only and always with `team`. Its writer has to be an editor or
   * an owner of that team with every change.
   */
  team_id?: string | null;
}

/**
 * `templates/{templateId}`. A prompt with placeholders and what requests leave out; they name it
 * with `templateId`.
 */
export interface Template {
  /** What it is called; 1 to 80 characters. */
  name: string;
  /**
   * Whether it is meant for single requests or for batches. It is there to list by: both may be
   * used everywhere.
   */
  kind: TemplateKind;
  /** Who wrote it. It never changes. */
  user_id: string;
  /** As that of a pack. Who may read a template may use it. */
  visibility: Visibility;
  /** 1, and with every change exactly one more. */
  version: number;
  /** The server's time of the first write. It never changes. */
  created_at: Timestamp;
  /** The server's time of this write. */
  modified: Timestamp;
  /**
   * The prompt of requests that have none; 1 to 4,000 characters. `{{name}}` stands for a variable,
   * `{{name=default}}` for one that may be left out. Required for the kind `prompt`.
   */
  prompt?: string | null;
  /**
   * Fields of a request, in camelCase, for requests that leave them out: `kind` (of a batch's
   * rows), `negativePrompt`, `model`, `aspectRatio`, `width`, `height`, `seed`, `styleId`,
   * `brandId`, `count`, `durationSeconds`, `resolution`, `fps`, `generateAudio`. A field that the
   * request's kind does not have is passed over; so is a size where the request says one in another
   * way.
   */
  defaults?: Record<string, unknown> | null;
  /**
   * The pack of requests that name none. Who uses the template has to be able to read the pack,
   * too.
   */
  reference_pack_id?: string | null;
  /** As that of a pack. */
  team_id?: string | null;
}
