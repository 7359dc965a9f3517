export type {
  Catalog,
  EstimatedRequest,
  GenerateImageRequest,
  GenerateVideoRequest,
  Priority,
  SizedModelOffer,
  SubmitBatchRequest,
  Suggestion,
  TierOffer,
  WrongField,
  WrongRequest,
} from "@mediaforge/client";
