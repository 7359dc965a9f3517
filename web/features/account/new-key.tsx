import { useState } from "react";
import type { Scope } from "@/live/keys";
import { usePayer, useTeams } from "@/live/payer";
import { Button } from "@/parts/button";
import { Field } from "@/parts/field";
import { LazyDialog as Dialog } from "@/parts/lazy-dialog";
import { Notice } from "@/parts/notice";
import { keyWords as words } from "@/words/account";
import { createKey } from "./actions";
import { Check, Checks } from "./checks";
import { whyOf } from "./why";

const SCOPES: readonly Scope[] = ["read", "generate", "manage"];

interface Props {
  readonly onClose: () => void;
  readonly onMade: (key: string) => void;
}

export function NewKey({ onClose, onMade }: Props) {
  const teamId = usePayer()?.teamId;
  const { value: teams } = useTeams();
  const team = teams?.find(({ id }) => id === teamId);
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<readonly Scope[]>(["read", "generate"]);
  const [isForTeam, setForTeam] = useState(true);
  const [wasSent, setSent] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string>();
  const create = async () => {
    setSent(true);
    if (!name.trim() || scopes.length === 0 || isBusy) return;
    setBusy(true);
    setFailure(undefined);
    try {
      onMade(await createKey(name.trim(), scopes, isForTeam ? team?.id : undefined));
    } catch (error) {
      setFailure(whyOf(error));
      setBusy(false);
    }
  };
  return (
    <Dialog open onOpenChange={(open) => !open && !isBusy && onClose()} title={words.fresh}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void create();
        }}
      >
        <Field
          label={words.name}
          hint={words.nameHint}
          value={name}
          maxLength={128}
          error={wasSent && !name.trim() ? words.needsName : undefined}
          onChange={(event) => setName(event.target.value)}
        />
        <Checks
          legend={words.scopes}
          options={SCOPES.map((value) => ({ value, label: words.scope[value] }))}
          chosen={scopes}
          onChange={setScopes}
          error={wasSent && scopes.length === 0 ? words.needsScope : undefined}
        />
        {team && <Check label={words.forTeam(team.name)} checked={isForTeam} onChange={setForTeam} />}
        {failure && <Notice tone="bad">{failure}</Notice>}
        <Button type="submit" look="primary" disabled={isBusy}>
          {words.create}
        </Button>
      </form>
    </Dialog>
  );
}
