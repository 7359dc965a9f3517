import { useState } from "react";
import type { WebhookItem } from "@/live/webhooks";
import { Button } from "@/parts/button";
import { moment } from "@/parts/clock";
import { LazyAlertDialog as AlertDialog } from "@/parts/lazy-dialog";
import { toast } from "@/parts/toasts";
import { webhookWords as words } from "@/words/account";
import { deleteWebhook, rotateWebhook } from "./actions";
import { Deliveries } from "./deliveries";
import { EVENTS } from "./new-webhook";
import { whyOf } from "./why";

interface Props {
  readonly webhook: WebhookItem;
  readonly onSecret: (secret: string, until: string) => void;
}

export function WebhookRow({ webhook, onSecret }: Props) {
  const { webhookId, url, events, lastError } = webhook;
  const [asked, setAsked] = useState<"deliveries" | "rotate" | "remove">();
  const attempt = (act: Promise<void>) =>
    act.catch((error: unknown) => void toast({ text: whyOf(error), isError: true }));
  const rotate = async () => {
    const { secret, until } = await rotateWebhook(webhookId);
    onSecret(secret, until);
  };
  const close = () => setAsked(undefined);
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 border-line border-b px-1 py-2">
      <span className="min-w-0 grow basis-64">
        <span className="block break-all font-medium text-control">{url}</span>
        <span className="block text-meta text-text2">
          {stateOf(webhook)} · {words.told(events.length === EVENTS.length, events)}
        </span>
        {lastError && <span className="block text-meta text-bad">{lastError}</span>}
      </span>
      <span className="flex flex-wrap gap-2">
        <Button aria-label={words.deliveriesOf(url)} onClick={() => setAsked("deliveries")}>
          {words.deliveries}
        </Button>
        <Button aria-label={words.rotateOf(url)} onClick={() => setAsked("rotate")}>
          {words.rotate}
        </Button>
        <Button aria-label={words.removeOf(url)} onClick={() => setAsked("remove")}>
          {words.remove}
        </Button>
      </span>
      {asked === "deliveries" && <Deliveries webhookId={webhookId} url={url} onClose={close} />}
      <AlertDialog
        open={asked === "rotate"}
        onOpenChange={close}
        title={words.rotateTitle}
        body={words.rotateBody}
        keep={words.keep}
        confirm={words.rotateConfirm}
        isHarmless
        onConfirm={() => void attempt(rotate())}
      />
      <AlertDialog
        open={asked === "remove"}
        onOpenChange={close}
        title={words.removeTitle(url)}
        body={words.removeBody}
        keep={words.keep}
        confirm={words.removeConfirm}
        onConfirm={() => void attempt(deleteWebhook(webhookId))}
      />
    </li>
  );
}

function stateOf({ status, disabledAt, failingSince, modified }: WebhookItem): string {
  if (status === "disabled") return words.disabled(moment(disabledAt ?? modified));
  return failingSince ? words.failing(moment(failingSince)) : words.isWell;
}
