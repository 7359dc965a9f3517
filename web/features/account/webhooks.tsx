import { useRole } from "@/live/payer";
import { readWebhooksAgain, useWebhooks } from "@/live/webhooks";
import { moment } from "@/parts/clock";
import { Empty } from "@/parts/empty";
import { webhookWords as words } from "@/words/account";
import { NewWebhook } from "./new-webhook";
import { SecretList } from "./secret-list";
import { WebhookRow } from "./webhook-row";

/** A team's viewers may not see them, so they are not asked for. */
export function Webhooks() {
  return useRole() === "viewer" ? <Empty>{words.viewer}</Empty> : <List />;
}

function List() {
  return (
    <SecretList
      words={words}
      live={useWebhooks()}
      onAgain={readWebhooksAgain}
      New={NewWebhook}
      row={(webhook, show) => (
        <WebhookRow
          key={webhook.webhookId}
          webhook={webhook}
          onSecret={(text, until) => show({ text, note: words.oldUntil(moment(until)) })}
        />
      )}
    />
  );
}
