import Link from "next/link";
import { useCatalog } from "@/live/catalog";
import { usePayer } from "@/live/payer";
import { AddPictures } from "@/parts/add-pictures";
import { type Autosave, type Stored, useAutosave } from "@/parts/autosave";
import { Choice } from "@/parts/choice";
import { Field } from "@/parts/field";
import { Notice } from "@/parts/notice";
import { DeleteButton, SaveState } from "@/parts/shelf-state";
import { shelfWords, packWords as words } from "@/words/shelf";
import { remove, save } from "./actions";
import { fieldsOf, lackOf, limitOf, type PackForm, PICTURES_MAX, withPictures } from "./form";
import { Pictures } from "./pictures";

interface Props {
  readonly stored: Stored<PackForm>;
  readonly onSaved: (id: string) => void;
  readonly onTakeTheirs: (id: string) => void;
  readonly onGone: () => void;
}

export function PackEditor({ stored, onSaved, onTakeTheirs, onGone }: Props) {
  const autosave = useAutosave(
    stored,
    async (form, id, from) => {
      const saved = await save(fieldsOf(form), id, from);
      if (!id) onSaved(saved.id);
      return saved;
    },
    (form) => lackOf(form) === undefined,
  );
  const { value: form, set, id } = autosave;
  const { value: catalog } = useCatalog();
  const payer = usePayer();
  const limit = catalog && limitOf(catalog, form.references.length);
  return (
    <form className="flex max-w-2xl flex-col gap-4" onSubmit={(event) => event.preventDefault()}>
      <SaveState
        autosave={autosave as Autosave<object>}
        lacks={lackOf(form)}
        onTakeTheirs={() => id && onTakeTheirs(id)}
      />
      <Field
        label={shelfWords.name}
        maxLength={80}
        value={form.name}
        onChange={(event) => set({ name: event.target.value })}
      />
      <Pictures references={form.references} onChange={(references) => set({ references })} />
      {limit && (
        <Notice>
          {words.takes(limit.model, limit.takes)}
          {limit.others.length > 0 && ` ${words.takesAll(limit.others)}`}
        </Notice>
      )}
      <AddPictures
        count={form.references.length}
        max={PICTURES_MAX}
        full={words.full}
        onAdd={(paths) => set((before) => ({ references: withPictures(before.references, paths) }))}
      />
      <div className="flex flex-wrap items-center gap-2">
        <Choice
          label={shelfWords.visibility}
          value={form.visibility}
          options={(["private", "team", "public"] as const).map((each) => ({
            value: each,
            label: shelfWords.visibilities[each],
            unavailable: each === "team" && !payer?.teamId && !form.teamId ? shelfWords.needsTeam : undefined,
          }))}
          onChange={(visibility) =>
            set({
              visibility: visibility as PackForm["visibility"],
              teamId: visibility === "team" ? (form.teamId ?? payer?.teamId) : undefined,
            })
          }
        />
        {id && (
          <Link
            href={`/?pack=${id}`}
            className="inline-flex h-control items-center rounded-control border border-control px-3 font-medium text-control hover:bg-hover"
          >
            {words.use}
          </Link>
        )}
        <span className="grow" />
        {id && <DeleteButton name={form.name} onDelete={() => void remove(id).then(onGone)} />}
      </div>
    </form>
  );
}
