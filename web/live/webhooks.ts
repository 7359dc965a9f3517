// Where an account's ends of jobs and batches are told. Read once, and again after each change.
import type { WebhookItem } from "@mediaforge/client";
import { reading } from "./listen";
import { currentPayer, usePayer } from "./payer";
import { createStores, type Live, useLive } from "./store";

export type { DeliveriesListed, DeliveryItem, WebhookEvent, WebhookItem } from "@mediaforge/client";

const webhooks = createStores<readonly WebhookItem[]>((accountId) =>
  reading(async (mf) => {
    const teamId = accountId.startsWith("team_") ? accountId.slice(5) : undefined;
    return (await mf.listWebhooks(teamId ? { teamId } : {})).items;
  }),
);

/** Those of who pays, newest first; a team's are for its editors and owners. */
export function useWebhooks(): Live<readonly WebhookItem[]> {
  const payer = usePayer();
  return useLive(payer && webhooks(payer.accountId));
}

export function readWebhooksAgain(): void {
  const payer = currentPayer();
  if (payer) webhooks(payer.accountId).reopen();
}
