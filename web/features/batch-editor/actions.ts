export type {
  EstimatedRequest,
  GenerateImageRequest,
  GenerateVideoRequest,
  SubmitBatchRequest,
  Suggestion,
  WrongField,
  WrongRequest,
} from "@mediaforge/client";
