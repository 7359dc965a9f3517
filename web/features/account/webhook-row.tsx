import { useState } from "react";
import type { WebhookItem } from "@/live/webhooks";
import { Button } from "@/parts/button";
import { moment } from "@/parts/clock";
import { LazyAlertDialog as AlertDialog } from "@/parts/lazy-dialog";
import { toastOf } from "@/parts/why";
import { webhookWords as words } from "@/words/account";
import { deleteWebhook, rotateWebhook } from "./actions";
import { Deliveries } from "./deliveries";
import { EVENTS } from "./new-webhook";
import { SecretRow } from "./secret-list";

interface Props {
  readonly webhook: WebhookItem;
  readonly onSecret: (secret: string, until: string) => void;
}

export function WebhookRow({ webhook, onSecret }: Props) {
  const { webhookId, url, events, lastError } = webhook;
  const [asked, setAsked] = useState<"deliveries" | "rotate" | "remove">();
  const rotate = async () => {
    const { secret, until } = await rotateWebhook(webhookId);
    onSecret(secret, until);
  };
  const close = () => setAsked(undefined);
  return (
    <SecretRow
      title={url}
      facts={`${stateOf(webhook)} · ${words.told(events.length === EVENTS.length, events)}`}
      fault={lastError}
    >
      <Button aria-label={words.deliveriesOf(url)} onClick={() => setAsked("deliveries")}>
        {words.deliveries}
      </Button>
      <Button aria-label={words.rotateOf(url)} onClick={() => setAsked("rotate")}>
        {words.rotate}
      </Button>
      <Button aria-label={words.removeOf(url)} onClick={() => setAsked("remove")}>
        {words.remove}
      </Button>
      {asked === "deliveries" && <Deliveries webhookId={webhookId} url={url} onClose={close} />}
      <AlertDialog
        open={asked === "rotate"}
        onOpenChange={close}
        title={words.rotateTitle}
        body={words.rotateBody}
        keep={words.keep}
        confirm={words.rotateConfirm}
        isHarmless
        onConfirm={() => void rotate().catch(toastOf)}
      />
      <AlertDialog
        open={asked === "remove"}
        onOpenChange={close}
        title={words.removeTitle(url)}
        body={words.removeBody}
        keep={words.keep}
        confirm={words.removeConfirm}
        onConfirm={() => void deleteWebhook(webhookId).catch(toastOf)}
      />
    </SecretRow>
  );
}

function stateOf({ status, disabledAt, failingSince, modified }: WebhookItem): string {
  if (status === "disabled") return words.disabled(moment(disabledAt ?? modified));
  return failingSince ? words.failing(moment(failingSince)) : words.isWell;
}
