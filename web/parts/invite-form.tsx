import { type FormEvent, type ReactNode, useState } from "react";
import { failureOf } from "@/live/store";
import { refusal } from "@/words/en";
import { inviteWords as words } from "@/words/invite";
import { Button } from "./button";
import { CopyField } from "./copy-field";
import { Notice } from "./notice";

interface Props<Role extends string> {
  readonly lead: string;
  /** What a role makes of whoever uses the link. */
  readonly legend: string;
  readonly roles: readonly { readonly role: Role; readonly label: string }[];
  /** Answers the link of a new invitation; its code is in the fragment, which no server and no log is told. */
  readonly make: (role: Role) => Promise<string>;
  /** Other fields of the invitation. */
  readonly children?: ReactNode;
}

/** A link that lets one person in. It goes with the form: nobody can read it again. */
export function InviteForm<Role extends string>({ lead, legend, roles, make, children }: Props<Role>) {
  const [role, setRole] = useState(roles[0]?.role);
  const [link, setLink] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const [failed, setFailed] = useState<string>();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy || !role) return; // each press is another invitation
    setBusy(true);
    setFailed(undefined);
    try {
      setLink(await make(role));
    } catch (error) {
      setFailed(refusal(failureOf(error)));
    }
    setBusy(false);
  };
  return (
    <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
      <p className="text-body text-text2">{lead}</p>
      <fieldset className="flex flex-wrap gap-x-4 gap-y-1 text-control">
        <legend className="mb-1 text-text2">{legend}</legend>
        {roles.map(({ role: each, label }) => (
          <label key={each} className="flex min-h-8 items-center gap-1.5">
            <input
              type="radio"
              name="role"
              checked={role === each}
              onChange={() => setRole(each)}
              className="accent-accent"
            />
            {label}
          </label>
        ))}
      </fieldset>
      {children}
      <Button type="submit" look="primary" disabled={isBusy}>
        {words.makeLink}
      </Button>
      {failed && <Notice tone="bad">{failed}</Notice>}
      {link && <CopyField key={link} label={words.link} text={link} />}
    </form>
  );
}
