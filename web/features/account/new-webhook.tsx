import { useState } from "react";
import { usePayer } from "@/live/payer";
import type { WebhookEvent } from "@/live/webhooks";
import { Field } from "@/parts/field";
import { useRequestId } from "@/parts/use-act";
import { webhookWords as words } from "@/words/account";
import { createWebhook } from "./actions";
import { Checks } from "./checks";
import { NewDialog } from "./new-dialog";
import type { NewProps } from "./secret-list";

export const EVENTS = Object.keys(words.event) as WebhookEvent[];

export function NewWebhook(props: NewProps) {
  const teamId = usePayer()?.teamId;
  const [url, setUrl] = useState("");
  const [events, setEvents] = useState<readonly WebhookEvent[]>(EVENTS);
  const requestIdOf = useRequestId();
  const isUrl = /^https?:\/\/[^\s/]/.test(url.trim());
  const asked = { url: url.trim(), events, teamId };
  return (
    <NewDialog
      {...props}
      title={words.fresh}
      submit={words.create}
      isWhole={isUrl && events.length > 0}
      make={() => createWebhook({ ...asked, requestId: requestIdOf(asked) })}
    >
      {(isTold) => (
        <>
          <Field
            label={words.url}
            hint={words.urlHint}
            type="url"
            maxLength={2048}
            placeholder="https://"
            value={url}
            error={isTold && !isUrl ? words.needsUrl : undefined}
            onChange={(event) => setUrl(event.target.value)}
          />
          <Checks
            legend={words.events}
            options={EVENTS.map((value) => ({ value, label: words.event[value] }))}
            chosen={events}
            onChange={setEvents}
            error={isTold && events.length === 0 ? words.needsEvent : undefined}
          />
        </>
      )}
    </NewDialog>
  );
}
