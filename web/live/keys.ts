// The user's API keys, without what is secret of them. Read once, and again after each change.
import type { ApiKey } from "@mediaforge/client";
import { reading } from "./listen";
import { currentUid, useUid } from "./session";
import { createStores, type Live, useLive } from "./store";

export type { ApiKey, Scope } from "@mediaforge/client";

const keys = createStores<readonly ApiKey[]>(() =>
  reading(async (mf) => {
    const found: ApiKey[] = [];
    for await (const page of mf.apiKeys({ pageSize: 100 })) found.push(...page);
    return found;
  }),
);

/** Newest first; also those that are revoked. */
export function useApiKeys(): Live<readonly ApiKey[]> {
  const uid = useUid();
  return useLive(uid ? keys(uid) : undefined);
}

export function readApiKeysAgain(): void {
  const uid = currentUid();
  if (uid) keys(uid).reopen();
}
