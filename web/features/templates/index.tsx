"use client";
import { type Template, type TemplateFields, templates } from "@/live/templates";
import { LinkButton } from "@/parts/link-button";
import { type Kind, VersionedScreen } from "@/parts/versioned";
import { templateWords as words } from "@/words/shelf";
import { Editor } from "./editor";
import { EMPTY, fieldsOf, formOf, lackOf, type TemplateForm } from "./form";

const TEMPLATES: Kind<Template, TemplateForm, TemplateFields> = {
  address: "/templates",
  words,
  documents: templates,
  empty: EMPTY,
  formOf,
  fieldsOf,
  lackOf,
  copyOf: async (_, form) => form,
  Editor,
  Uses,
  Shown: ({ form }) => <p className="whitespace-pre-wrap text-prompt">{form.prompt}</p>,
};

export function Templates() {
  return <VersionedScreen kind={TEMPLATES} />;
}

function Uses({ id }: { readonly id: string }) {
  return (
    <>
      <LinkButton href={`/?template=${id}`}>{words.tryIt}</LinkButton>
      <LinkButton href={`/batches/new?template=${id}`}>{words.inBatch}</LinkButton>
    </>
  );
}
