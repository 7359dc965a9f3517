import { useState } from "react";
import { failureOf } from "@/live/store";
import { useInvites } from "@/live/team";
import { Button } from "@/parts/button";
import { moment } from "@/parts/clock";
import { announce } from "@/parts/live-region";
import { Notice } from "@/parts/notice";
import { refusal } from "@/words/en";
import { teamWords as words } from "@/words/people";
import { revoke } from "./actions";

/** The open invitations; for owners. Their links were shown when they were made. */
export function Invites({ teamId }: { readonly teamId: string }) {
  const { value: invites } = useInvites(teamId);
  const [failed, setFailed] = useState<string>();
  const end = (inviteId: string) =>
    revoke(teamId, inviteId).then(
      () => announce(words.revoked),
      (error: unknown) => setFailed(refusal(failureOf(error))),
    );
  if (!invites?.length) return null;
  return (
    <section aria-label={words.invitations} className="flex flex-col gap-1">
      <h2 className="font-medium text-body">{words.invitations}</h2>
      {failed && <Notice tone="bad">{failed}</Notice>}
      <ul>
        {invites.map(({ id, role, expires_at, bound_to }) => {
          const until = moment(new Date(expires_at.seconds * 1000).toISOString());
          const says = words.invitation(words.roles[role], until);
          return (
            <li key={id} className="flex min-h-10 items-center gap-3 text-control">
              <span>{bound_to ? `${says}, ${words.bound}` : says}</span>
              <Button look="link" aria-label={words.revokeOf(says)} onClick={() => void end(id)}>
                {words.revoke}
              </Button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
