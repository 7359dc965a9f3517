import { useCatalog } from "@/live/catalog";
import { usePacks } from "@/live/packs";
import { Choice } from "@/parts/choice";
import { Area } from "@/parts/field";
import { variablesOf } from "@/parts/placeholders";
import type { EditorProps } from "@/parts/versioned";
import { editorWords } from "@/words/batches";
import { shelfWords, templateWords as words } from "@/words/shelf";
import { Defaults } from "./defaults";
import { oddBlanks, type TemplateForm } from "./form";

export function Editor({ form, set }: EditorProps<TemplateForm>) {
  const { value: catalog } = useCatalog();
  const { value: packs = [] } = usePacks();
  const [odd] = oddBlanks(form.prompt);
  return (
    <>
      <Area
        label={words.prompt}
        rows={4}
        maxLength={4000}
        value={form.prompt}
        hint={words.promptHint}
        error={odd && words.odd(odd)}
        onChange={(event) => set({ prompt: event.target.value })}
      />
      <Blanks prompt={form.prompt} />
      {catalog && (
        <Defaults catalog={catalog} defaults={form.defaults} onChange={(defaults) => set({ defaults })} />
      )}
      <div className="flex flex-wrap gap-2">
        <Choice
          label={words.kind}
          value={form.kind}
          options={(["prompt", "batch"] as const).map((kind) => ({ value: kind, label: words.kinds[kind] }))}
          onChange={(kind) => set({ kind: kind as TemplateForm["kind"] })}
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
    </>
  );
}

/** The blanks that were found in what is typed, with what stands there if they are left out. */
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
