// What of the draft cannot be had by who pays: it is left out, and said under the bar.
import { useEffect } from "react";
import { modelsOf } from "@/live/catalog";
import { create as words } from "@/words/create";
import { isBrand, isPack, isTemplate } from "./actions";
import { type Draft, isInTier } from "./draft";
import { fitted } from "./fitting";
import { sayLeftOut } from "./left-out-said";
import { changeDraft, currentDraft } from "./use-draft";
import type { Form } from "./use-form";

/** Leaves something out, and says so until it was read, or something else fills the bar. */
function leaveOut(sentence: string, change: Partial<Draft> = {}): void {
  changeDraft(change);
  sayLeftOut(sentence);
}

const CHECKS = [
  { field: "packId", name: words.pack, isThere: isPack },
  { field: "templateId", name: words.template, isThere: isTemplate },
  { field: "brandId", name: words.brand, isThere: isBrand },
] as const;

/** Shows nothing. Whatever fills the bar, it keeps only what is still there. */
export function LeavingOut({ form }: { readonly form: Form }): null {
  const { draft, catalog, account, tier, payer } = form;
  const { model, references, editOf, kind } = draft;
  const uid = payer?.uid;
  const teamId = payer?.teamId;
  const named = CHECKS.map(({ field }) => draft[field] ?? "").join(" ");
  useEffect(() => {
    if (!uid || !named.trim()) return;
    for (const { field, name, isThere } of CHECKS) {
      const id = currentDraft()[field];
      if (!id) continue;
      isThere(id, teamId).then(
        (is) => {
          if (!is && currentDraft()[field] === id) leaveOut(words.gone(name), { [field]: undefined });
        },
        () => {}, // without a line nothing is known
      );
    }
  }, [uid, teamId, named]);

  useEffect(() => {
    if (!catalog || account === undefined || !model) return;
    const offers = modelsOf(catalog, kind);
    const title = catalog.models.find(({ id }) => id === model)?.title ?? model;
    const wanted = offers.find(({ id }) => id === model);
    if (!wanted) {
      leaveOut(words.gone(title), { model: undefined });
      return;
    }
    const usual = offers.find(({ id }) => id === catalog.defaults[kind]);
    if (isInTier(wanted, tier) || !usual || !isInTier(usual, tier)) return;
    const { draft: now } = fitted({ ...currentDraft(), model: undefined }, usual);
    leaveOut(words.notInTier(title, usual.title), now);
  }, [catalog, account, tier, kind, model]);

  useEffect(() => {
    const own = references.filter(({ path }) => !uid || !isOfAnother(path, uid));
    if (own.length < references.length) leaveOut(words.gone(words.othersPictures), { references: own });
  }, [references, uid]);

  useEffect(() => {
    if (isOfAnother(editOf?.path, uid ?? ""))
      leaveOut(words.gone(words.othersPictures), { editOf: undefined });
  }, [editOf, uid]);
  return null;
}

/** Uploads are their owner's alone; pictures that were made may be a team's. */
function isOfAnother(path: string | undefined, uid: string): boolean {
  return Boolean(path?.startsWith("references/")) && !path?.startsWith(`references/${uid}/`);
}
