"use client";
import { modelsOf } from "@/live/catalog";
import { Button } from "@/parts/button";
import { Notice } from "@/parts/notice";
import { create as words } from "@/words/create";
import { isInTier } from "./draft";
import { fitted } from "./fitting";
import { goesOn } from "./going-on";
import { changeDraft } from "./use-draft";
import type { Form } from "./use-form";

/** Said of a model that its owner may shut down soon, with the way to the one that takes its place. */
export function EndNotice({ form }: { readonly form: Form }) {
  const { draft, model, catalog, tier } = form;
  if (!catalog || !model?.warning) return null;
  const heir = modelsOf(catalog, draft.kind).find(({ id }) => id === model.heir);
  const isAble = heir && isInTier(heir, tier) && goesOn(draft, heir);
  return (
    <Notice
      actions={
        isAble && (
          <Button
            look="link"
            onClick={() => changeDraft(() => fitted({ ...draft, model: heir.id }, heir).draft)}
          >
            {words.useModel(heir.title)}
          </Button>
        )
      }
    >
      {model.warning}
    </Notice>
  );
}
