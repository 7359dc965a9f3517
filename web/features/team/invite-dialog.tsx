import { type FormEvent, useState } from "react";
import type { Role } from "@/live/payer";
import { failureOf } from "@/live/store";
import { Button } from "@/parts/button";
import { Field } from "@/parts/field";
import { LazyDialog as Dialog } from "@/parts/lazy-dialog";
import { announce } from "@/parts/live-region";
import { Notice } from "@/parts/notice";
import { app, refusal } from "@/words/en";
import { teamWords as words } from "@/words/people";
import { invite } from "./actions";

interface Props {
  readonly teamId: string;
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
}

export function InviteDialog({ teamId, open, onOpenChange }: Props) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={words.inviteTitle}>
      <InviteForm teamId={teamId} />
    </Dialog>
  );
}

/** It goes with the dialog, and the link with it: nobody can read the link again. */
function InviteForm({ teamId }: Pick<Props, "teamId">) {
  const [role, setRole] = useState<Role>("editor");
  const [boundTo, setBoundTo] = useState("");
  const [link, setLink] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const [isCopied, setCopied] = useState(false);
  const [failed, setFailed] = useState<string>();
  const make = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy) return; // each press is another invitation
    setBusy(true);
    setFailed(undefined);
    setCopied(false);
    try {
      const code = await invite(teamId, role, boundTo.trim());
      // The code is in the fragment: no server and no log is told of it.
      setLink(`${location.origin}/join?team=${teamId}#${code}`);
    } catch (error) {
      setFailed(refusal(failureOf(error)));
    }
    setBusy(false);
  };
  const copy = async (text: string) => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    announce(app.copied);
  };
  return (
    <form onSubmit={(event) => void make(event)} className="flex flex-col gap-4">
      <p className="text-body text-text2">{words.inviteLead}</p>
      <fieldset className="flex flex-wrap gap-x-4 gap-y-1 text-control">
        <legend className="mb-1 text-text2">{words.inviteAs}</legend>
        {(["editor", "viewer", "owner"] as const).map((each) => (
          <label key={each} className="flex min-h-8 items-center gap-1.5">
            <input
              type="radio"
              name="role"
              checked={role === each}
              onChange={() => setRole(each)}
              className="accent-accent"
            />
            {words.roles[each]}
          </label>
        ))}
      </fieldset>
      <Field
        label={words.boundTo}
        type="email"
        autoComplete="off"
        value={boundTo}
        onChange={(event) => setBoundTo(event.target.value)}
      />
      <Button type="submit" look="primary" disabled={isBusy}>
        {words.makeLink}
      </Button>
      {failed && <Notice tone="bad">{failed}</Notice>}
      {link && (
        <div className="flex items-end gap-2">
          <Field
            label={words.link}
            className="grow"
            readOnly
            value={link}
            onFocus={(event) => event.target.select()}
          />
          <Button onClick={() => void copy(link)}>{isCopied ? app.copied : app.copy}</Button>
        </div>
      )}
    </form>
  );
}
