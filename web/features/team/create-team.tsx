import { type FormEvent, useState } from "react";
import { Button } from "@/parts/button";
import { Field } from "@/parts/field";
import { announce } from "@/parts/live-region";
import { Notice } from "@/parts/notice";
import { useAct, useRequestId } from "@/parts/use-act";
import { teamWords as words } from "@/words/people";
import { create } from "./actions";

export function CreateTeam({ onMade }: { readonly onMade: (teamId: string) => void }) {
  const [name, setName] = useState("");
  const { isBusy, failed, act } = useAct();
  const requestIdOf = useRequestId();
  const make = (event: FormEvent) => {
    event.preventDefault();
    const called = name.trim();
    void act(async () => {
      const teamId = await create(called, requestIdOf(called));
      announce(words.created(called));
      onMade(teamId);
    });
  };
  return (
    <form onSubmit={make} className="flex max-w-100 flex-col gap-3">
      <Field
        label={words.name}
        required
        pattern=".*\S.*"
        maxLength={128}
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      {failed && <Notice tone="bad">{failed}</Notice>}
      <Button type="submit" look="primary" disabled={isBusy} className="self-start">
        {words.create}
      </Button>
    </form>
  );
}
