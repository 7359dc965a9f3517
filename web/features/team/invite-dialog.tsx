import { useState } from "react";
import { Field } from "@/parts/field";
import { InviteForm } from "@/parts/invite-form";
import { LazyDialog as Dialog } from "@/parts/lazy-dialog";
import { teamWords as words } from "@/words/people";
import { invite } from "./actions";

interface Props {
  readonly teamId: string;
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
}

const ROLES = (["editor", "viewer", "owner"] as const).map((role) => ({ role, label: words.roles[role] }));

export function InviteDialog({ teamId, open, onOpenChange }: Props) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={words.inviteTitle}>
      <Invitation teamId={teamId} />
    </Dialog>
  );
}

function Invitation({ teamId }: Pick<Props, "teamId">) {
  const [boundTo, setBoundTo] = useState("");
  return (
    <InviteForm
      lead={words.inviteLead}
      legend={words.inviteAs}
      roles={ROLES}
      make={async (role) => {
        const code = await invite(teamId, role, boundTo.trim());
        return `${location.origin}/join?team=${teamId}#${code}`;
      }}
    >
      <Field
        label={words.boundTo}
        type="email"
        autoComplete="off"
        value={boundTo}
        onChange={(event) => setBoundTo(event.target.value)}
      />
    </InviteForm>
  );
}
