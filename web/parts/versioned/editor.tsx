import { useRef, useState } from "react";
import { usePayer } from "@/live/payer";
import { newRequestId } from "@/live/submit";
import { type Stored, useAutosave } from "@/parts/autosave";
import { Choice } from "@/parts/choice";
import { Field } from "@/parts/field";
import { useAct } from "@/parts/use-act";
import { shelfWords as words } from "@/words/shelf";
import { Notice } from "../notice";
import { DeleteButton } from "./delete-button";
import type { Document, Form, Kind } from "./kind";
import { SaveState } from "./save-state";

interface Props<T extends Document, F extends Form, Fields> {
  readonly kind: Kind<T, F, Fields>;
  readonly stored: Stored<F>;
  readonly takesDraft: boolean;
  /** What was new is there now. */
  readonly onSaved: (id: string) => void;
  readonly onTakeTheirs: (id: string) => Promise<void>;
  readonly onGone: () => void;
}

export function VersionedEditor<T extends Document, F extends Form, Fields>(props: Props<T, F, Fields>) {
  const { kind, stored, takesDraft, onSaved, onTakeTheirs, onGone } = props;
  const { documents, fieldsOf, lackOf, Editor, Uses } = kind;
  // Made here, so that what is sent again after a lost answer is the same document.
  const [freshId] = useState(newRequestId);
  const isGone = useRef(false);
  const autosave = useAutosave<F>({
    stored,
    takesDraft,
    name: kind.address,
    isWhole: (form) => !isGone.current && lackOf(form) === undefined,
    save: async (form, id, from) => {
      const fields = fieldsOf(form);
      const saved = await documents.save(fields, id ?? freshId, from).catch(async (error: unknown) => {
        // It may be our own write, whose answer a reload has lost.
        const isClash = (error as { readonly reason?: string }).reason === "version-changed";
        const theirs = id && isClash ? await documents.read(id) : undefined;
        if (theirs && isSame(fieldsOf(kind.formOf(theirs)), fields)) return theirs;
        throw error;
      });
      if (!id) onSaved(saved.id);
      return saved;
    },
  });
  const { failed, act } = useAct();
  const { value: form, set, id } = autosave;
  const remove = async (gone: string) => {
    isGone.current = true; // and no change that still waits makes it anew
    await documents.remove(gone).catch((error: unknown) => {
      isGone.current = false;
      throw error;
    });
    onGone();
  };
  return (
    <form className="flex max-w-2xl flex-col gap-4" onSubmit={(event) => event.preventDefault()}>
      <SaveState
        autosave={autosave}
        lacks={lackOf(form)}
        onTakeTheirs={() => id && void act(() => onTakeTheirs(id))}
      />
      {failed && <Notice tone="bad">{failed}</Notice>}
      <Field
        label={words.name}
        maxLength={80}
        value={form.name}
        onChange={({ target: { value: name } }) => set(() => ({ name }) as Partial<F>)}
      />
      <Editor form={form} set={set} />
      <div className="flex flex-wrap items-center gap-2">
        <Sharing form={form} onChange={(shared) => set(() => shared as Partial<F>)} />
        {id && <Uses id={id} />}
        <span className="grow" />
        {id && <DeleteButton name={form.name} onDelete={() => void act(() => remove(id))} />}
      </div>
    </form>
  );
}

/** Whether both are the same, in whatever order their fields come. */
function isSame(left: unknown, right: unknown): boolean {
  const sorted = (_: string, value: unknown) =>
    value && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort())
      : value;
  return JSON.stringify(left, sorted) === JSON.stringify(right, sorted);
}

interface SharingProps {
  readonly form: Form;
  readonly onChange: (shared: Omit<Form, "name">) => void;
}

function Sharing({ form, onChange }: SharingProps) {
  const teamId = usePayer()?.teamId ?? form.teamId;
  return (
    <Choice
      label={words.visibility}
      value={form.visibility}
      options={(["private", "team", "public"] as const).map((each) => ({
        value: each,
        label: words.visibilities[each],
        unavailable: each === "team" && !teamId ? words.needsTeam : undefined,
      }))}
      onChange={(to) => {
        const visibility = to as Form["visibility"];
        onChange({ visibility, teamId: visibility === "team" ? (form.teamId ?? teamId) : undefined });
      }}
    />
  );
}
