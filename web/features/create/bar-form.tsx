"use client";
import { ToggleGroup } from "radix-ui";
import { type ReactNode, type Ref, useState } from "react";
import { Button } from "@/parts/button";
import { Field } from "@/parts/field";
import { setLayer } from "@/parts/layers";
import { create as words, director } from "@/words/create";
import { CountChip, DurationChip, ModelChip, RatioChip, SizeChip, SoundChip } from "./choices";
import { type Draft, fitted, type Lost, modelFor } from "./draft";
import { BrandChip, PackChip, StyleChip, TemplateChip } from "./lists";
import { MoreChip } from "./more-chip";
import { BarNotices } from "./notices";
import { AddButton, Frames, Pictures } from "./pictures";
import { PromptBox } from "./prompt-box";
import { changeDraft } from "./use-draft";
import type { Form } from "./use-form";

interface Props {
  readonly form: Form;
  readonly onSend: () => void;
  /** What the last press lacked. */
  readonly lacking: string;
  readonly promptRef: Ref<HTMLTextAreaElement>;
  readonly foot?: ReactNode;
}

export interface Fitted {
  readonly lost: readonly Lost[];
  readonly before: Draft;
}

/** Everything that a request is made of. */
export function BarForm({ form, onSend, lacking, promptRef, foot }: Props) {
  const { draft, model, catalog, variables, role } = form;
  const [changed, setChanged] = useState<Fitted>();
  const [rows, setRows] = useState("");
  const onFitted = (lost: readonly Lost[], before: Draft) =>
    setChanged(lost.length > 0 ? { lost, before } : undefined);
  const setKind = (kind: string) => {
    if (kind !== "image" && kind !== "video") return;
    const now: Draft = { ...draft, kind, model: undefined, aspectRatio: undefined, size: undefined };
    const next = catalog && modelFor(now, catalog);
    const fit = next ? fitted(now, next) : { draft: now, lost: [] };
    changeDraft(() => fit.draft);
    onFitted(fit.lost, draft);
  };
  return (
    <>
      <div className="flex flex-col gap-2.5 rounded-sheet border border-control bg-surface p-3 transition-colors duration-120 focus-within:border-accent-text">
        <div className="flex items-center justify-between gap-2">
          <ToggleGroup.Root
            type="single"
            value={draft.kind}
            onValueChange={setKind}
            aria-label={words.kind}
            className="flex rounded-control bg-sunken p-0.5"
          >
            {(["image", "video"] as const).map((kind) => (
              <ToggleGroup.Item
                key={kind}
                value={kind}
                className="h-7 rounded-[5px] px-3 text-control text-text2 data-[state=on]:bg-surface data-[state=on]:font-medium data-[state=on]:text-text data-[state=on]:shadow-sm pointer-coarse:h-10"
              >
                {words[kind]}
              </ToggleGroup.Item>
            ))}
          </ToggleGroup.Root>
          <div className="flex items-center gap-1.5">
            <Button look="quiet" className="desktop:hidden" onClick={() => setLayer("director", true)}>
              {director.title}
            </Button>
            <TemplateChip draft={draft} />
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
        {model && (draft.references.length > 0 || model.video) && (
          <div className="flex flex-wrap gap-4">
            <Pictures draft={draft} max={model.referencesMax} />
            {model.video && (model.video.takesFirstFrame || model.video.takesLastFrame) && (
              <Frames
                draft={draft}
                takesFirst={model.video.takesFirstFrame}
                takesLast={model.video.takesLastFrame}
              />
            )}
          </div>
        )}
        <Chips form={form} onFitted={onFitted} />
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

function Chips({
  form,
  onFitted,
}: {
  readonly form: Form;
  readonly onFitted: (lost: readonly Lost[], before: Draft) => void;
}) {
  const { draft, model, catalog, tier } = form;
  if (!model || !catalog) {
    return (
      <div className="flex gap-1.5">
        {[0, 1, 2, 3, 4].map((n) => (
          <span key={n} aria-hidden className="h-control w-24 rounded-full bg-skeleton" />
        ))}
      </div>
    );
  }
  const of = { draft, model };
  return (
    <div className="-mx-3 flex gap-1.5 overflow-x-auto px-3 [scrollbar-width:none] tablet:flex-wrap">
      {draft.references.length === 0 && model.referencesMax > 0 && !model.video && (
        <AddButton place="references" label={words.add} isSmall />
      )}
      <ModelChip {...of} catalog={catalog} tier={tier} onFitted={onFitted} />
      <RatioChip {...of} />
      {draft.kind === "video" ? <DurationChip {...of} /> : <CountChip {...of} />}
      <SizeChip {...of} />
      <SoundChip {...of} />
      <StyleChip draft={draft} catalog={catalog} />
      <BrandChip {...of} />
      <PackChip {...of} />
      <MoreChip {...of} catalog={catalog} tier={tier} />
    </div>
  );
}

interface FootProps {
  readonly form: Form;
  readonly onSend: () => void;
}

/** How much room there is, and the one button. */
export function BarFoot({ form, onSend }: FootProps) {
  const { price, draft, account, tier } = form;
  const used = account?.usage.day === new Date().toISOString().slice(0, 10) ? account.usage : undefined;
  const most = draft.kind === "video" ? tier?.videosADay : tier?.imagesADay;
  const count = (draft.kind === "video" ? used?.videos : used?.images) ?? 0;
  const facts = [
    tier && account ? words.free(tier.jobsAtOnce - account.active) : "",
    most ? words.today(count, most, draft.kind === "video" ? "videos" : "images") : "",
  ].filter(Boolean);
  return (
    <div className="flex items-center gap-3">
      <p className="mr-auto min-h-4 min-w-0 truncate text-meta text-text2 tabular-nums">
        {facts.join(" · ")}
      </p>
      <Button
        look="primary"
        data-generate
        aria-label={price === undefined ? words.generate : words.generateFor(price)}
        onClick={(event) => event.detail <= 1 && onSend()}
        className="min-w-32"
      >
        {words.generate}
        <span className="min-w-5 font-normal tabular-nums opacity-90">{price ?? ""}</span>
      </Button>
    </div>
  );
}
