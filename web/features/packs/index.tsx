"use client";
import { type PackFields, packs, type ReferencePack } from "@/live/packs";
import { LinkButton } from "@/parts/link-button";
import { type Kind, VersionedScreen } from "@/parts/versioned";
import { packWords as words } from "@/words/shelf";
import { copyPictures } from "./actions";
import { Editor } from "./editor";
import { EMPTY, fieldsOf, formOf, lackOf, type PackForm } from "./form";

const PACKS: Kind<ReferencePack, PackForm, PackFields> = {
  address: "/packs",
  words,
  documents: packs,
  empty: EMPTY,
  formOf,
  fieldsOf,
  lackOf,
  copyOf: async (id, form) => ({ ...form, references: await copyPictures(id) }),
  Editor,
  Uses: ({ id }) => <LinkButton href={`/?pack=${id}`}>{words.use}</LinkButton>,
  Shown,
};

export function Packs() {
  return <VersionedScreen kind={PACKS} />;
}

/** Only their uploader sees the pictures: others are told what there is. */
function Shown({ form }: { readonly form: PackForm }) {
  return (
    <ol className="flex flex-col gap-1 text-control text-text2">
      {form.references.map(({ path, caption, mode }, at) => (
        <li key={path}>
          {words.picture(at + 1)} · {words.modes[mode]}
          {caption ? ` · ${caption}` : ""}
        </li>
      ))}
    </ol>
  );
}
