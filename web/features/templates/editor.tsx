import Link from "next/link";
import { useCatalog } from "@/live/catalog";
import { usePacks } from "@/live/packs";
import { usePayer } from "@/live/payer";
import { type Autosave, type Stored, useAutosave } from "@/parts/autosave";
import { Choice } from "@/parts/choice";
import { Area, Field } from "@/parts/field";
import { variablesOf } from "@/parts/placeholders";
import { DeleteButton, SaveState } from "@/parts/shelf-state";
import { editorWords } from "@/words/batches";
import { shelfWords, templateWords as words } from "@/words/shelf";
import { remove, save } from "./actions";
import { Defaults } from "./defaults";
import { fieldsOf, lackOf, oddBlanks, type TemplateForm } from "./form";

interface Props {
  readonly stored: Stored<TemplateForm>;
  readonly onSaved: (id: string) => void;
  readonly onTakeTheirs: (id: string) => void;
  readonly onGone: () => void;
}

const LINK =
  "inline-flex h-control items-center rounded-control border border-control px-3 font-medium text-control hover:bg-hover";

export function TemplateEditor({ stored, onSaved, onTakeTheirs, onGone }: Props) {
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
  const odd = oddBlanks(form.prompt);
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
      <Area
        label={words.prompt}
        rows={4}
        maxLength={4000}
        value={form.prompt}
        hint={words.promptHint}
        error={odd[0] && words.odd(odd[0])}
        onChange={(event) => set({ prompt: event.target.value })}
      />
      <Blanks prompt={form.prompt} />
      {catalog && (
        <Defaults catalog={catalog} defaults={form.defaults} onChange={(defaults) => set({ defaults })} />
      )}
      <Uses form={form} set={set} />
      {id && (
        <div className="flex flex-wrap gap-2">
          <Link href={`/?template=${id}`} className={LINK}>
            {words.tryIt}
          </Link>
          <Link href={`/batches/new?template=${id}`} className={LINK}>
            {words.inBatch}
          </Link>
          <span className="grow" />
          <DeleteButton name={form.name} onDelete={() => void remove(id).then(onGone)} />
        </div>
      )}
    </form>
  );
}

function Blanks({ prompt }: { readonly prompt: string }) {
  const blanks = variablesOf(prompt);
  if (!blanks.length) return null;
  return (
    <section aria-label={words.variables}>
      <h2 className="mb-1 text-control font-medium">{words.variables}</h2>
      <ul className="flex flex-col gap-1 text-control">
        {blanks.map(({ name, fallback }) => (
          <li key={name} className="flex gap-3">
            <span className="font-mono text-accent-text">{words.variable(name)}</span>
            <span className="text-text2">
              {fallback === undefined ? words.needed : words.fallback(fallback)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What it is for, who may use it, and with which pack. */
function Uses({ form, set }: Pick<Autosave<TemplateForm>, "set"> & { readonly form: TemplateForm }) {
  const { value: packs = [] } = usePacks();
  const payer = usePayer();
  return (
    <div className="flex flex-wrap gap-2">
      <Choice
        label={words.kind}
        value={form.kind}
        options={(["prompt", "batch"] as const).map((kind) => ({ value: kind, label: words.kinds[kind] }))}
        onChange={(kind) => set({ kind: kind as TemplateForm["kind"] })}
      />
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
            visibility: visibility as TemplateForm["visibility"],
            teamId: visibility === "team" ? (form.teamId ?? payer?.teamId) : undefined,
          })
        }
      />
      {packs.length > 0 && (
        <Choice
          label={editorWords.pack}
          value={form.packId}
          options={[
            { value: "", label: `${editorWords.pack}: ${shelfWords.none}` },
            ...packs.map((pack) => ({ value: pack.id, label: pack.name })),
          ]}
          onChange={(packId) => set({ packId })}
        />
      )}
    </div>
  );
}
