// What is asked for again, of what was asked for before. Pure.
import { type Generation, kindOf } from "./generation";

export type Payload = Readonly<Record<string, unknown>>;

/** Names of one request, and what was said about its price or its time: not of the next one. */
const OF_ONE_REQUEST = ["requestId", "estimatedCredits", "maxCredits", "scheduledAt", "reuse", "seed"];

/** The same settings with new seeds, so many. A video is made one by one. */
export function againOf({ requestData, path, count }: Generation, wanted: number): Payload {
  const kept = Object.entries(requestData).filter(
    ([name, value]) => !OF_ONE_REQUEST.includes(name) && value !== null,
  );
  const payload = Object.fromEntries(kept);
  return kindOf({ path }) === "video" ? payload : { ...payload, count: Math.min(wanted, 4) || count };
}
