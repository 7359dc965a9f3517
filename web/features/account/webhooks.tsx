import { Plus } from "lucide-react";
import { useState } from "react";
import { useRole } from "@/live/payer";
import { readWebhooksAgain, useWebhooks } from "@/live/webhooks";
import { Button } from "@/parts/button";
import { moment } from "@/parts/clock";
import { Empty } from "@/parts/empty";
import { FailureCard } from "@/parts/failure-card";
import { Skeleton } from "@/parts/skeleton";
import { webhookWords as words } from "@/words/account";
import { NewWebhook } from "./new-webhook";
import { SecretDialog } from "./secret-dialog";
import { WebhookRow } from "./webhook-row";

/** A team's viewers may not see them, so they are not asked for. */
export function Webhooks() {
  return useRole() === "viewer" ? <Empty>{words.viewer}</Empty> : <List />;
}

interface Secret {
  readonly text: string;
  readonly note?: string;
}

function List() {
  const { value: webhooks, error } = useWebhooks();
  const [isMaking, setMaking] = useState(false);
  const [secret, setSecret] = useState<Secret>();
  const fresh = (
    <Button look="primary" icon={<Plus size={16} aria-hidden />} onClick={() => setMaking(true)}>
      {words.fresh}
    </Button>
  );
  return (
    <div className="flex flex-col gap-3">
      {!webhooks && error && <FailureCard failure={error} onAgain={readWebhooksAgain} />}
      {!webhooks && !error && <Skeleton className="h-12 w-full" />}
      {webhooks?.length === 0 && <Empty action={fresh}>{words.empty}</Empty>}
      {webhooks && webhooks.length > 0 && (
        <>
          <div className="flex flex-wrap items-center justify-between gap-2 text-control text-text2">
            {words.lead}
            {fresh}
          </div>
          <ul aria-label={words.list} className="flex flex-col">
            {webhooks.map((each) => (
              <WebhookRow
                key={each.webhookId}
                webhook={each}
                onSecret={(text, until) => setSecret({ text, note: words.oldUntil(moment(until)) })}
              />
            ))}
          </ul>
        </>
      )}
      {isMaking && (
        <NewWebhook
          onClose={() => setMaking(false)}
          onMade={(text) => {
            setMaking(false);
            setSecret(text === undefined ? undefined : { text });
          }}
        />
      )}
      {secret && (
        <SecretDialog
          title={words.secretTitle}
          label={words.secret}
          secret={secret.text}
          note={secret.note}
          onClose={() => setSecret(undefined)}
        />
      )}
    </div>
  );
}
