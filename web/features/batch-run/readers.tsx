import { isoOf } from "@/parts/batch-summary";
import { Button } from "@/parts/button";
import { moment } from "@/parts/clock";
import { Notice } from "@/parts/notice";
import { runWords as words } from "@/words/batches";
import { endShare, type Readers as Found, revokeInvite } from "./actions";

interface Props {
  readonly batchId: string;
  readonly readers: Found | undefined;
  readonly failed: string | undefined;
  readonly end: (act: Promise<void>) => void;
}

/** Who reads the batch by a share, and which links are open; each can be ended. */
export function Readers({ batchId, readers, failed, end }: Props) {
  return (
    <>
      {failed && <Notice tone="bad">{failed}</Notice>}
      <section aria-label={words.people} className="flex flex-col gap-1">
        <h3 className="text-control font-medium">{words.people}</h3>
        {readers?.shares.length === 0 && <p className="text-control text-text2">{words.nobody}</p>}
        <ul>
          {readers?.shares.map(({ uid, role }) => (
            <li key={uid} className="flex items-center gap-2 text-control">
              <span className="grow truncate font-mono text-meta">{uid}</span>
              <span className="text-text2">{words[role]}</span>
              <Button look="link" onClick={() => end(endShare(batchId, uid))}>
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
            {readers.invites.map(({ id, role, expires_at }) => (
              <li key={id} className="flex items-center gap-2 text-control">
                <span className="grow text-text2">
                  {words.openLink(words[role], moment(isoOf(expires_at)))}
                </span>
                <Button look="link" onClick={() => end(revokeInvite(batchId, id))}>
                  {words.revoke}
                </Button>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
