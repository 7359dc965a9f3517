import { ClipboardPaste, FileSpreadsheet } from "lucide-react";
import { lazy, type Ref, Suspense, useRef, useState } from "react";
import { useTemplates } from "@/live/templates";
import { Button } from "@/parts/button";
import { Choice } from "@/parts/choice";
import { Field } from "@/parts/field";
import { editorWords as words } from "@/words/batches";
import { usingTemplate } from "./copying";
import type { Draft } from "./draft";
import { time } from "./foot";
import type { useDraft } from "./use-draft";
import type { useImport } from "./use-import";

const PasteDialog = lazy(() => import("./paste-dialog"));

interface Props {
  readonly draft: Draft;
  readonly drafting: ReturnType<typeof useDraft>;
  readonly imports: ReturnType<typeof useImport>;
  readonly nameRef: Ref<HTMLInputElement>;
  readonly nameError: string | undefined;
}

export function Head({ draft, drafting, imports, nameRef, nameError }: Props) {
  const { change, keptAt } = drafting;
  const { value: templates = [] } = useTemplates();
  const file = useRef<HTMLInputElement>(null);
  const [isPasting, setPasting] = useState(false);
  return (
    <header className="flex flex-wrap items-center gap-2">
      <h1 tabIndex={-1} className="me-2 text-page font-semibold max-tablet:sr-only">
        {words.title}
      </h1>
      <Field
        ref={nameRef}
        label={words.name}
        hidesLabel
        className="w-64 max-tablet:w-full"
        placeholder={words.namePlaceholder}
        maxLength={128}
        value={draft.name}
        error={nameError}
        onChange={(event) => {
          const name = event.target.value;
          change((before) => ({ ...before, name }));
        }}
      />
      <Button icon={<ClipboardPaste size={16} aria-hidden />} onClick={() => setPasting(true)}>
        {words.paste}
      </Button>
      <Button icon={<FileSpreadsheet size={16} aria-hidden />} onClick={() => file.current?.click()}>
        {words.csv}
      </Button>
      <input
        ref={file}
        type="file"
        accept=".csv,.tsv,.txt,text/csv"
        hidden
        aria-label={words.csv}
        onChange={(event) => {
          const chosen = event.target.files?.[0];
          event.target.value = ""; // the same file may be chosen again
          if (chosen) void imports.importFile(chosen);
        }}
      />
      {(templates.length > 0 || draft.template) && (
        <Choice
          label={words.template}
          value={draft.template?.id ?? ""}
          options={[
            { value: "", label: draft.template ? words.noTemplate : words.template },
            ...templates.map(({ id, name }) => ({ value: id, label: name })),
          ]}
          onChange={(id) =>
            change((before) =>
              usingTemplate(
                before,
                templates.find((template) => template.id === id),
              ),
            )
          }
        />
      )}
      <span className="ms-auto text-meta text-text3 tabular-nums" suppressHydrationWarning>
        {keptAt === undefined ? words.notKept : words.kept(time(keptAt))}
      </span>
      {isPasting && (
        <Suspense>
          <PasteDialog
            onClose={() => setPasting(false)}
            onTake={(text) => {
              setPasting(false);
              imports.appendText(text);
            }}
          />
        </Suspense>
      )}
    </header>
  );
}
