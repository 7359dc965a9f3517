import { useRef, useState } from "react";
import { usePayer } from "@/live/payer";
import type { WebhookEvent } from "@/live/webhooks";
import { Button } from "@/parts/button";
import { Field } from "@/parts/field";
import { LazyDialog as Dialog } from "@/parts/lazy-dialog";
import { Notice } from "@/parts/notice";
import { webhookWords as words } from "@/words/account";
import { createWebhook } from "./actions";
import { Checks } from "./checks";
import { whyOf } from "./why";

export const EVENTS = Object.keys(words.event) as WebhookEvent[];

interface Props {
  readonly onClose: () => void;
  readonly onMade: (secret: string | undefined) => void;
}

export function NewWebhook({ onClose, onMade }: Props) {
  const teamId = usePayer()?.teamId;
  const [url, setUrl] = useState("");
  const [events, setEvents] = useState<readonly WebhookEvent[]>(EVENTS);
  const [wasSent, setSent] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string>();
  const requestIdOf = useRequestId();
  const isUrl = /^https:\/\/[^\s/]/.test(url.trim());
  const create = async () => {
    setSent(true);
    if (!isUrl || events.length === 0 || isBusy) return;
    setBusy(true);
    setFailure(undefined);
    const asked = { url: url.trim(), events, teamId };
    try {
      onMade(await createWebhook({ ...asked, requestId: requestIdOf(JSON.stringify(asked)) }));
    } catch (error) {
      setFailure(whyOf(error));
      setBusy(false);
    }
  };
  return (
    <Dialog open onOpenChange={(open) => !open && !isBusy && onClose()} title={words.fresh}>
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void create();
        }}
      >
        <Field
          label={words.url}
          hint={words.urlHint}
          type="url"
          maxLength={2048}
          placeholder="https://"
          value={url}
          error={wasSent && !isUrl ? words.needsUrl : undefined}
          onChange={(event) => setUrl(event.target.value)}
        />
        <Checks
          legend={words.events}
          options={EVENTS.map((value) => ({ value, label: words.event[value] }))}
          chosen={events}
          onChange={setEvents}
          error={wasSent && events.length === 0 ? words.needsEvent : undefined}
        />
        {failure && <Notice tone="bad">{failure}</Notice>}
        <Button type="submit" look="primary" disabled={isBusy}>
          {words.create}
        </Button>
      </form>
    </Dialog>
  );
}

/** One id for one content: where an answer was lost, sending again makes no second webhook. */
function useRequestId(): (content: string) => string {
  const last = useRef({ content: "", id: "" });
  return (content) => {
    if (last.current.content !== content) last.current = { content, id: crypto.randomUUID() };
    return last.current.id;
  };
}
