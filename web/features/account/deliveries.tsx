import { useCallback, useEffect, useState } from "react";
import type { DeliveriesListed, DeliveryItem } from "@/live/webhooks";
import { Button } from "@/parts/button";
import { moment } from "@/parts/clock";
import { LazyDialog as Dialog } from "@/parts/lazy-dialog";
import { Notice } from "@/parts/notice";
import { Skeleton } from "@/parts/skeleton";
import { whyOf } from "@/parts/why";
import { webhookWords as words } from "@/words/account";
import { app } from "@/words/en";
import { deliveriesOf } from "./actions";

interface Props {
  readonly webhookId: string;
  readonly url: string;
  readonly onClose: () => void;
}

/** What a webhook was told, and what came of it. */
export function Deliveries({ webhookId, url, onClose }: Props) {
  const [found, setFound] = useState<DeliveriesListed>();
  const [failure, setFailure] = useState<string>();
  const [isLoading, setLoading] = useState(true);
  const read = useCallback(
    async (cursor: string | undefined) => {
      setLoading(true);
      setFailure(undefined);
      try {
        const page = await deliveriesOf(webhookId, cursor);
        setFound((before) => ({ ...page, items: [...((cursor && before?.items) || []), ...page.items] }));
      } catch (error) {
        setFailure(whyOf(error));
      }
      setLoading(false);
    },
    [webhookId],
  );
  useEffect(() => void read(undefined), [read]);
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={words.deliveries} shape="right">
      <p className="mb-2 break-all text-meta text-text3">{url}</p>
      {!found && isLoading && <Skeleton className="h-10 w-full" />}
      {found?.items.length === 0 && <p className="text-body text-text2">{words.noDeliveries}</p>}
      <ul className="flex flex-col">
        {found?.items.map((each) => (
          <Delivery key={each.deliveryId} delivery={each} />
        ))}
      </ul>
      {failure && (
        <Notice
          tone="bad"
          actions={
            <Button look="link" onClick={() => void read(found?.cursor)}>
              {app.tryAgain}
            </Button>
          }
        >
          {failure}
        </Notice>
      )}
      {found?.cursor && !failure && (
        <Button className="mt-3" disabled={isLoading} onClick={() => void read(found.cursor)}>
          {words.older}
        </Button>
      )}
    </Dialog>
  );
}

function Delivery({ delivery }: { readonly delivery: DeliveryItem }) {
  const { event, status, attempts, responseStatus, error, occurredAt } = delivery;
  const facts = [
    moment(occurredAt),
    words.attempts(attempts),
    responseStatus !== null && words.answered(responseStatus),
  ].filter(Boolean);
  return (
    <li className="border-line border-b py-2 text-control">
      <span className="flex justify-between gap-3">
        <span>{words.event[event]}</span>
        <span className={status === "failed" ? "text-bad" : "text-text2"}>{words.status[status]}</span>
      </span>
      <span className="block text-meta text-text3">{facts.join(" · ")}</span>
      {error && <span className="block text-meta text-text2">{error}</span>}
    </li>
  );
}
