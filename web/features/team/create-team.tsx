import { type FormEvent, useRef, useState } from "react";
import { failureOf } from "@/live/store";
import { newRequestId } from "@/live/submit";
import { Button } from "@/parts/button";
import { Field } from "@/parts/field";
import { announce } from "@/parts/live-region";
import { Notice } from "@/parts/notice";
import { refusal } from "@/words/en";
import { teamWords as words } from "@/words/people";
import { create } from "./actions";

export function CreateTeam({ onMade }: { readonly onMade: (teamId: string) => void }) {
  const [name, setName] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [failed, setFailed] = useState<string>();
  const asked = useRef({ name: "", requestId: "" });
  const make = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy) return;
    setBusy(true);
    setFailed(undefined);
    const called = name.trim();
    // Tried again after a lost line it is the same request, and the same team.
    if (asked.current.name !== called) asked.current = { name: called, requestId: newRequestId() };
    try {
      const teamId = await create(called, asked.current.requestId);
      announce(words.created(called));
      onMade(teamId);
    } catch (error) {
      setFailed(refusal(failureOf(error)));
      setBusy(false);
    }
  };
  return (
    <form onSubmit={(event) => void make(event)} className="flex max-w-100 flex-col gap-3">
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
