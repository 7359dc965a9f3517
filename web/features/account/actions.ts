import { mediaForge } from "@/live/client";
import { readApiKeysAgain, type Scope } from "@/live/keys";

/** Answers the key itself, which nothing else ever tells. */
export async function createKey(name: string, scopes: readonly Scope[], teamId?: string): Promise<string> {
  const mf = await mediaForge();
  const { key } = await mf.createApiKey({ name, scopes: [...scopes], ...(teamId && { teamId }) });
  readApiKeysAgain();
  return key;
}

export async function revokeKey(keyId: string): Promise<void> {
  await (await mediaForge()).revokeApiKey({ keyId });
  readApiKeysAgain();
}
