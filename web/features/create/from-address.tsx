import { useSearchParams } from "next/navigation";
import { useEffect } from "react";
import { useSession } from "@/live/session";
import { readView } from "@/live/view";
import { pathAt } from "@/parts/generation-address";
import { create as words } from "@/words/create";
import { template } from "./actions";
import { draftOfTemplate } from "./draft-of";
import { sayLeftOut } from "./left-out-said";
import { changeDraft, currentDraft, draftLoaded, replaceDraft } from "./use-draft";
import { usedAgain } from "./used-again";

const NAMES = ["from", "kind", "template", "pack", "brand"];

/**
 * What the page's address asks for, each time it asks for something: `from` (use again; `use` says how), `kind`,
 * `template`, `pack`, `brand`. Shows nothing: reading the address needs a Suspense of its own.
 */
export function FromAddress(): null {
  const asked = useSearchParams();
  const { status } = useSession();
  useEffect(() => {
    if (!NAMES.some((name) => asked.has(name)) || status === "unknown") return;
    // Somebody has to be signed in to read what these name.
    if ((asked.get("from") || asked.get("template")) && status === "out") return;
    history.replaceState(null, "", location.pathname);
    void draftLoaded().then(() => fill(asked));
  }, [asked, status]);
  return null;
}

async function fill(asked: Pick<URLSearchParams, "get">): Promise<void> {
  const kind = asked.get("kind");
  if (kind === "video" || kind === "image") changeDraft({ kind });
  const packId = asked.get("pack");
  if (packId) changeDraft({ packId });
  const brandId = asked.get("brand");
  if (brandId) changeDraft({ brandId });
  // Without a line the bar stays as it was.
  await fillFromTemplate(asked.get("template")).catch(() => {});
  const path = pathAt(asked.get("from"));
  if (!path) return;
  const view = await readView(path).catch(() => undefined);
  if (view) replaceDraft(usedAgain(currentDraft(), view, asked.get("use"), Number(asked.get("n"))));
  else sayLeftOut(words.gone(words.generation));
}

async function fillFromTemplate(id: string | null): Promise<void> {
  if (!id) return;
  const found = await template(id);
  if (found) replaceDraft(draftOfTemplate(currentDraft(), found));
  else sayLeftOut(words.gone(words.template));
}
