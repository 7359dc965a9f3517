// All that the bar shows, worked out of the draft, the catalogue and the account.
import { useMemo } from "react";
import { useAccount } from "@/live/account";
import { tierOf, useCatalog } from "@/live/catalog";
import { usePayer, useRole } from "@/live/payer";
import { variablesOf } from "@/parts/placeholders";
import { create as words } from "@/words/create";
import { modelFor } from "./chosen-model";
import { picturesLacking, referencesMaxOf } from "./going-on";
import { priceOf } from "./price";
import { requestOf } from "./request";
import { useUploads } from "./uploads";
import { useDraft } from "./use-draft";
import { useEstimate } from "./use-estimate";

export type Form = ReturnType<typeof useForm>;

export function useForm() {
  const draft = useDraft();
  const catalog = useCatalog().value;
  const account = useAccount().value;
  const payer = usePayer();
  const role = useRole();
  const uploads = useUploads();
  const tier = tierOf(catalog, account?.tier);
  const model = catalog && modelFor(draft, catalog, tier);
  const variables = useMemo(() => variablesOf(draft.prompt), [draft.prompt]);
  const teamId = payer?.teamId;
  const request = useMemo(() => model && requestOf(draft, model, teamId), [draft, model, teamId]);
  const missing = variables.filter(
    ({ name, fallback }) => fallback === undefined && !draft.variables[name]?.trim(),
  );
  const pictures = [...draft.references, draft.firstFrame, draft.lastFrame].filter(
    (each) => each !== undefined,
  );
  const isRefused = pictures.some(({ id }) => uploads.get(id)?.refused);
  const isUploading = pictures.some(({ path }) => !path);
  const most = model ? referencesMaxOf(draft, model) : 0;
  const isTooMany = model !== undefined && draft.references.length > most;
  const lacking = model ? picturesLacking(draft, model) : 0;
  /** Why Generate would do nothing; undefined: it would. */
  const unready =
    draft.prompt.trim() === ""
      ? words.describe
      : missing.length > 0
        ? words.fillAll(missing.map(({ name }) => name).join(", "))
        : isRefused
          ? words.removeRefused
          : isUploading
            ? words.waitUploads
            : isTooMany
              ? words.takesOnly(most)
              : lacking > 0
                ? words.needsPictures(lacking)
                : undefined;
  const estimate = useEstimate(draft.kind, payer && !unready ? request : undefined);
  const listed = model && priceOf(draft, model);
  const price = draft.reuse && estimate?.isReusable ? 0 : (estimate?.credits ?? listed);
  return {
    draft,
    catalog,
    account,
    payer,
    role,
    model,
    tier,
    variables,
    missing,
    request,
    estimate,
    price,
    unready,
  };
}
