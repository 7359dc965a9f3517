"use client";
import Link from "next/link";
import { modelsOf } from "@/live/catalog";
import { Button } from "@/parts/button";
import { Notice } from "@/parts/notice";
import { create as words } from "@/words/create";
import { isInTier } from "./draft";
import { changeDraft } from "./use-draft";
import type { Form } from "./use-form";

/** Said before a press where the tier has no model that makes what the bar is set to. */
export function TierNotice({ form }: { readonly form: Form }) {
  const { draft, catalog, account, tier } = form;
  if (!catalog || !tier || account === undefined) return null;
  const models = modelsOf(catalog, draft.kind);
  if (models.length === 0 || models.some((model) => isInTier(model, tier))) return null;
  return (
    <Notice
      tone="bad"
      actions={
        <>
          {draft.kind === "video" && (
            <Button look="link" onClick={() => changeDraft({ kind: "image", model: undefined })}>
              {words.makeImage}
            </Button>
          )}
          <Link href="/account" className="font-medium text-accent-text hover:underline">
            {words.tiers}
          </Link>
        </>
      }
    >
      {words.kindNotInTier[draft.kind]}
    </Notice>
  );
}
