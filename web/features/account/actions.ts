import { mediaForge } from "@/live/client";
import { readApiKeysAgain, type Scope } from "@/live/keys";
import { type DeliveriesListed, readWebhooksAgain, type WebhookEvent } from "@/live/webhooks";

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

export interface NewWebhook {
  readonly url: string;
  readonly events: readonly WebhookEvent[];
  readonly teamId: string | undefined;
  /** Sent again with the same content, the same webhook is answered. */
  readonly requestId: string;
}

/** Answers its secret; undefined where that was rotated meanwhile. */
export async function createWebhook(asked: NewWebhook): Promise<string | undefined> {
  const { url, events, teamId, requestId } = asked;
  const mf = await mediaForge();
  const { secret } = await mf.createWebhook({
    url,
    events: [...events],
    requestId,
    ...(teamId && { teamId }),
  });
  readWebhooksAgain();
  return secret;
}

export async function rotateWebhook(
  webhookId: string,
): Promise<{ readonly secret: string; readonly until: string }> {
  const rotated = await (await mediaForge()).rotateWebhook({ webhookId });
  readWebhooksAgain();
  return rotated;
}

export async function deleteWebhook(webhookId: string): Promise<void> {
  await (await mediaForge()).deleteWebhook({ webhookId });
  readWebhooksAgain();
}

/** A page of what it was told, newest first. */
export async function deliveriesOf(webhookId: string, cursor: string | undefined): Promise<DeliveriesListed> {
  return (await mediaForge()).listDeliveries({ webhookId, ...(cursor && { cursor }) });
}

export interface Order {
  readonly credits: number;
  readonly teamId: string | undefined;
  /** Sent again with the same content, it is the same page, which can be paid once. */
  readonly requestId: string;
}

/** Answers the address of the page where it is paid for. */
export async function openCheckout({ credits, teamId, requestId }: Order): Promise<string> {
  const mf = await mediaForge();
  const { url } = await mf.createCheckout({ credits, requestId, ...(teamId && { teamId }) });
  return url;
}

/** Has everything put into one ZIP, and answers its address once it is there. */
export async function exportEverything(requestId: string): Promise<string> {
  const mf = await mediaForge();
  const { path } = await mf.exportAccount({ requestId });
  return (await mf.exportResult(path)).url ?? "";
}

/** For good. From then on the user is refused everything. */
export async function deleteAccount(uid: string): Promise<void> {
  await (await mediaForge()).deleteAccount({ confirm: uid });
}
