import { useState } from "react";
import type { Generation } from "@/live/generation";

/** Whether something has failed that was not seen yet, and what marks all as seen. */
export function useSeenFailures(ended: readonly Generation[]): [boolean, () => void] {
  const failed = ended.filter(({ status }) => status === "failed").length;
  const [seen, setSeen] = useState(0);
  return [failed > seen, () => setSeen(failed)];
}
