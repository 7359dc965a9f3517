import { useCallback, useEffect, useState } from "react";
import type { ShareRole } from "@/live/batches";
import { failureOf } from "@/live/store";
import { Button } from "@/parts/button";
import { moment } from "@/parts/clock";
import { Dialog } from "@/parts/dialog";
import { Field } from "@/parts/field";
import { runWords as words } from "@/words/batches";
import { app, refusal } from "@/words/en";
import { endShare, invite, type Readers, readersOf, revokeInvite } from "./actions";
import { isoOf } from "./summary";

interface Props {
  readonly batchId: string;
  readonly onClose: () => void;
}

const ROLES: readonly ShareRole[] = ["commenter", "viewer"];

/** Links for people who are not known, and who reads the batch by now. */
export default function ShareDialog({ batchId, onClose }: Props) {
  const [role, setRole] = useState<ShareRole>("commenter");
  const [link, setLink] = useState<string>();
  const [isCopied, setCopied] = useState(false);
  const [readers, setReaders] = useState<Readers>();
  const [failure, setFailure] = useState<string>();
  const fail = useCallback((error: unknown) => setFailure(refusal(failureOf(error))), []);
  const read = useCallback(() => readersOf(batchId).then(setReaders).catch(fail), [batchId, fail]);
  useEffect(() => void read(), [read]);

  const make = () => {
    setFailure(undefined);
    setCopied(false);
    invite(batchId, role)
      // The code is in the fragment: no server and no log is told of it.
      .then((code) => setLink(`${location.origin}/batch?id=${batchId}#${code}`))
      .then(read)
      .catch(fail);
  };
  const end = (done: Promise<void>) => void done.then(read).catch(fail);
  return (
    <Dialog open onOpenChange={onClose} title={words.shareTitle}>
      <div className="flex flex-col gap-4">
        <p className="text-body text-text2">{words.shareLead}</p>
        <fieldset className="flex flex-wrap items-center gap-3 text-control">
          <legend className="sr-only">{words.shareAs}</legend>
          <span aria-hidden>{words.shareAs}</span>
          {ROLES.map((each) => (
            <label key={each} className="flex min-h-8 items-center gap-1.5">
              <input
                type="radio"
                name="role"
                checked={role === each}
                onChange={() => setRole(each)}
                className="accent-accent"
              />
              {words[each]}
            </label>
          ))}
          <Button look="primary" className="ms-auto" onClick={make}>
            {words.makeLink}
          </Button>
        </fieldset>
        {link && (
          <div className="flex items-end gap-2">
            <Field
              label={words.link}
              className="grow"
              readOnly
              value={link}
              onFocus={(event) => event.target.select()}
            />
            <Button onClick={() => void navigator.clipboard.writeText(link).then(() => setCopied(true))}>
              {isCopied ? app.copied : app.copy}
            </Button>
          </div>
        )}
        {failure && (
          <p role="alert" className="text-control text-bad">
            {failure}
          </p>
        )}
        <section aria-label={words.people} className="flex flex-col gap-1">
          <h3 className="text-control font-medium">{words.people}</h3>
          {readers?.shares.length === 0 && <p className="text-control text-text2">{words.nobody}</p>}
          <ul>
            {readers?.shares.map((share) => (
              <li key={share.uid} className="flex items-center gap-2 text-control">
                <span className="grow truncate font-mono text-meta">{share.uid}</span>
                <span className="text-text2">{words[share.role]}</span>
                <Button look="link" onClick={() => end(endShare(batchId, share.uid))}>
                  {words.end}
                </Button>
              </li>
            ))}
          </ul>
        </section>
        {readers && readers.invites.length > 0 && (
          <section aria-label={words.openLinks} className="flex flex-col gap-1">
            <h3 className="text-control font-medium">{words.openLinks}</h3>
            <ul>
              {readers.invites.map(({ id, role: as, expires_at }) => (
                <li key={id} className="flex items-center gap-2 text-control">
                  <span className="grow text-text2">
                    {words.openLink(words[as], moment(isoOf(expires_at)))}
                  </span>
                  <Button look="link" onClick={() => end(revokeInvite(batchId, id))}>
                    {words.revoke}
                  </Button>
                </li>
              ))}
            </ul>
          </section>
        )}
      </div>
    </Dialog>
  );
}
