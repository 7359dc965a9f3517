import { useState } from "react";
import type { Scope } from "@/live/keys";
import { usePayer, useTeams } from "@/live/payer";
import { Field } from "@/parts/field";
import { keyWords as words } from "@/words/account";
import { createKey } from "./actions";
import { Check, Checks } from "./checks";
import { NewDialog } from "./new-dialog";
import type { NewProps } from "./secret-list";

const SCOPES: readonly Scope[] = ["read", "generate", "manage"];

export function NewKey(props: NewProps) {
  const teamId = usePayer()?.teamId;
  const team = useTeams().value?.find(({ id }) => id === teamId);
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<readonly Scope[]>(["read", "generate"]);
  const [isForTeam, setForTeam] = useState(true);
  const called = name.trim();
  return (
    <NewDialog
      {...props}
      title={words.fresh}
      submit={words.create}
      isWhole={Boolean(called) && scopes.length > 0}
      make={() => createKey(called, scopes, isForTeam ? team?.id : undefined)}
    >
      {(isTold) => (
        <>
          <Field
            label={words.name}
            hint={words.nameHint}
            value={name}
            maxLength={128}
            error={isTold && !called ? words.needsName : undefined}
            onChange={(event) => setName(event.target.value)}
          />
          <Checks
            legend={words.scopes}
            options={SCOPES.map((value) => ({ value, label: words.scope[value] }))}
            chosen={scopes}
            onChange={setScopes}
            error={isTold && scopes.length === 0 ? words.needsScope : undefined}
          />
          {team && <Check label={words.forTeam(team.name)} checked={isForTeam} onChange={setForTeam} />}
        </>
      )}
    </NewDialog>
  );
}
