// What the client has to know of the contract while it runs. Generated from the models by `make docs`.
import type { Callables, JobKind } from "./types.js";

/**
 * How each callable is called. `hasRequestId`: its request may have a `requestId`. `isRepeated`: it
 * may be sent again where its answer was lost, because that makes nothing twice.
 */
export const CALLABLES: Readonly<
  Record<keyof Callables, { readonly hasRequestId: boolean; readonly isRepeated: boolean }>
> = {
  generateImage: { hasRequestId: true, isRepeated: true },
  generateVideo: { hasRequestId: true, isRepeated: true },
  trainBrand: { hasRequestId: true, isRepeated: true },
  creativeDirectorAgent: { hasRequestId: true, isRepeated: true },
  controlJob: { hasRequestId: false, isRepeated: true },
  submitBatch: { hasRequestId: true, isRepeated: true },
  estimateCredits: { hasRequestId: false, isRepeated: true },
  controlBatch: { hasRequestId: true, isRepeated: true },
  searchGenerations: { hasRequestId: false, isRepeated: true },
  markGeneration: { hasRequestId: false, isRepeated: true },
  deleteGeneration: { hasRequestId: false, isRepeated: true },
  exportBatch: { hasRequestId: true, isRepeated: true },
  exportAccount: { hasRequestId: true, isRepeated: true },
  copyPack: { hasRequestId: true, isRepeated: true },
  createWebhook: { hasRequestId: true, isRepeated: true },
  rotateWebhook: { hasRequestId: false, isRepeated: false },
  deleteWebhook: { hasRequestId: false, isRepeated: true },
  listWebhooks: { hasRequestId: false, isRepeated: true },
  listDeliveries: { hasRequestId: false, isRepeated: true },
  grantCredits: { hasRequestId: true, isRepeated: true },
  controlAccount: { hasRequestId: false, isRepeated: true },
  inspect: { hasRequestId: false, isRepeated: true },
  controlDeadLetter: { hasRequestId: false, isRepeated: true },
  deleteAccount: { hasRequestId: false, isRepeated: true },
  createTeam: { hasRequestId: true, isRepeated: true },
  controlTeam: { hasRequestId: false, isRepeated: true },
  createApiKey: { hasRequestId: false, isRepeated: false },
  revokeApiKey: { hasRequestId: false, isRepeated: true },
  createCheckout: { hasRequestId: true, isRepeated: true },
  getCatalog: { hasRequestId: false, isRepeated: true },
};

/** The folder of each kind: `generations/{uid}/{folder}/{jobId}`. */
export const FOLDERS: Readonly<Record<JobKind, string>> = { image: "images", video: "videos", training: "trainings" };

/** The largest picture that may be uploaded, as `getCatalog().uploads.bytesMax` says it, too. */
export const UPLOAD_BYTES_MAX = 10485760;
