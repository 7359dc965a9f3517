"use client";
import dynamic from "next/dynamic";
import { type ComponentProps, type ReactNode, type Ref, useId, useState } from "react";
import { Button } from "@/parts/button";
import { Field } from "@/parts/field";
import { setLayer } from "@/parts/layers";
import { useIsWide } from "@/parts/media";
import { director, create as words } from "@/words/create";
import { ChipSkeletons } from "./chip-skeletons";
import { modelFor } from "./chosen-model";
import type { Draft, Kind } from "./draft";
import { fitted, type Lost } from "./fitting";
import { BarNotices, type Fitted } from "./notices";
import { PromptBox } from "./prompt-box";
import { changeDraft } from "./use-draft";
import type { Form } from "./use-form";

const KINDS: readonly Kind[] = ["image", "video"];
const AllChips = dynamic(() => import("./chips").then(({ Chips }) => Chips), {
  ssr: false,
  loading: ChipSkeletons,
});
const AnyTemplate = dynamic(() => import("./chips").then(({ TemplateChip }) => TemplateChip), {
  ssr: false,
});

interface Props {
  readonly form: Form;
  readonly onSend: () => void;
  /** What the last press lacked. */
  readonly lacking: string;
  readonly promptRef: Ref<HTMLTextAreaElement>;
  readonly foot?: ReactNode;
  /** In the sheet of phones. Elsewhere they do not see it, and what it opens is not loaded. */
  readonly isSheet?: boolean;
}

/** Everything that a request is made of. */
export function BarForm({ form, onSend, lacking, promptRef, foot, isSheet = false }: Props) {
  const { draft, catalog, variables, role } = form;
  const [changed, setChanged] = useState<Fitted>();
  const [rows, setRows] = useState("");
  const name = useId();
  const onFitted = (lost: readonly Lost[], before: Draft) =>
    setChanged(lost.length > 0 ? { lost, before } : undefined);
  const setKind = (kind: Kind) => {
    const now: Draft = { ...draft, kind, model: undefined };
    const next = catalog && modelFor(now, catalog);
    const fit = next ? fitted(now, next) : { draft: now, lost: [] };
    changeDraft(() => fit.draft);
    onFitted(fit.lost, draft);
  };
  return (
    <>
      <div className="flex flex-col gap-2.5 tablet:rounded-sheet tablet:border tablet:border-control tablet:bg-surface tablet:p-3 tablet:transition-colors tablet:duration-120 tablet:focus-within:border-accent-text">
        <div className="flex min-h-control items-center justify-between gap-2">
          <fieldset className="flex rounded-control bg-sunken p-0.5">
            <legend className="sr-only">{words.kind}</legend>
            {KINDS.map((kind) => (
              <label
                key={kind}
                className="flex h-7 items-center rounded-[5px] px-3 text-control text-text2 has-checked:bg-surface has-checked:font-medium has-checked:text-text has-checked:shadow-sm has-focus-visible:outline-2 has-focus-visible:outline-accent-text pointer-coarse:h-10"
              >
                <input
                  type="radio"
                  name={name}
                  value={kind}
                  checked={draft.kind === kind}
                  onChange={() => setKind(kind)}
                  className="sr-only"
                />
                {words[kind]}
              </label>
            ))}
          </fieldset>
          <div className="flex items-center gap-1.5">
            <Button look="quiet" className="desktop:hidden" onClick={() => setLayer("director", true)}>
              {director.title}
            </Button>
            <TemplateChip draft={draft} isSheet={isSheet} />
          </div>
        </div>
        <PromptBox
          ref={promptRef}
          draft={draft}
          max={catalog?.limits.promptCharactersMax ?? 4000}
          isReadOnly={role === "viewer"}
          onSend={onSend}
          onRows={setRows}
        />
        {variables.length > 0 && (
          <div className="grid grid-cols-1 gap-2 tablet:grid-cols-3">
            {variables.map(({ name, fallback }) => (
              <Field
                key={name}
                label={words.fill(name)}
                placeholder={fallback ?? ""}
                value={draft.variables[name] ?? ""}
                onChange={(event) =>
                  changeDraft({ variables: { ...draft.variables, [name]: event.target.value } })
                }
              />
            ))}
          </div>
        )}
        <Chips form={form} onFitted={onFitted} isSheet={isSheet} />
        {foot}
      </div>
      <BarNotices
        form={form}
        changed={changed}
        onSettled={() => setChanged(undefined)}
        lacking={lacking}
        rows={rows}
        onRowsDone={() => setRows("")}
      />
    </>
  );
}

function Chips({ isSheet, ...rest }: ComponentProps<typeof AllChips> & { readonly isSheet: boolean }) {
  const isWide = useIsWide();
  return isWide || isSheet ? <AllChips {...rest} /> : <ChipSkeletons />;
}

function TemplateChip({ isSheet, draft }: { readonly isSheet: boolean; readonly draft: Draft }) {
  const isWide = useIsWide();
  return (isWide || isSheet) && <AnyTemplate draft={draft} />;
}
