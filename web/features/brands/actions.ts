import { readBrandsAgain } from "@/live/brands";
import { mediaForge } from "@/live/client";
import type { Asked } from "./form";

/** Answers the brand's id. The same `requestId` again is the same training, and charged once. */
export async function train(asked: Asked, teamId: string | undefined, requestId: string): Promise<string> {
  const answer = await (await mediaForge()).trainBrand({ ...asked, requestId, ...(teamId && { teamId }) });
  readBrandsAgain();
  return answer.brandId ?? answer.jobId;
}

/** Trains it again with the same pictures. Answers the id of the brand that is made now. */
export async function trainAgain(jobId: string): Promise<string> {
  const answer = await (await mediaForge()).controlJob({ jobId, action: "retry" });
  readBrandsAgain();
  return "brandId" in answer && answer.brandId ? answer.brandId : answer.jobId;
}
