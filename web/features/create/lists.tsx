"use client";
// What is chosen from lists: brands, packs, templates. They are read when they are first opened.
import { useEffect, useState } from "react";
import type { SizedModelOffer } from "@/live/catalog";
import { usePayer } from "@/live/payer";
import { Popover } from "@/parts/popover";
import { Skeleton } from "@/parts/skeleton";
import { create as words } from "@/words/create";
import { refusal } from "@/words/en";
import { brands, type Choice, packs, type TemplateChoice, templates } from "./actions";
import { Chip, Option } from "./chip";
import type { Draft } from "./draft";
import { draftOfTemplate } from "./draft-of";
import { changeDraft, replaceDraft } from "./use-draft";

interface ListProps<T extends Choice> {
  readonly label: string;
  readonly none: string;
  readonly empty: string;
  readonly chosen: string | undefined;
  readonly load: (teamId: string | undefined) => Promise<T[]>;
  readonly onChoose: (choice: T | undefined) => void;
}

function ListChip<T extends Choice>({ label, none, empty, chosen, load, onChoose }: ListProps<T>) {
  const payer = usePayer();
  const [isOpen, setOpen] = useState(false);
  const [found, setFound] = useState<readonly T[]>();
  const [failed, setFailed] = useState("");
  const teamId = payer?.teamId;
  const isNeeded = Boolean(payer) && (isOpen || chosen !== undefined);
  useEffect(() => {
    if (!isNeeded) return;
    let isOld = false;
    setFailed("");
    load(teamId).then(
      (choices) => !isOld && setFound(choices),
      (error: { reason: string; message: string }) => !isOld && setFailed(refusal(error)),
    );
    return () => {
      isOld = true;
    };
  }, [isNeeded, teamId, load]);
  const name = found?.find(({ id }) => id === chosen)?.name;
  return (
    <Popover
      label={label}
      className="w-64"
      open={isOpen}
      onOpenChange={setOpen}
      trigger={
        <Chip isSet={chosen !== undefined} aria-label={`${label}: ${name ?? none}`}>
          {name ?? label}
        </Chip>
      }
    >
      {failed && <p className="p-2 text-control text-text2">{failed}</p>}
      {!found && !failed && payer && [0, 1, 2].map((n) => <Skeleton key={n} className="m-1 h-8" />)}
      {(found?.length === 0 || !payer) && <p className="p-2 text-control text-text2">{empty}</p>}
      {found && found.length > 0 && (
        <div role="radiogroup" aria-label={label}>
          <Option isChosen={chosen === undefined} onChoose={() => onChoose(undefined)}>
            {none}
          </Option>
          {found.map((each) => (
            <Option key={each.id} isChosen={each.id === chosen} onChoose={() => onChoose(each)}>
              {each.name}
            </Option>
          ))}
        </div>
      )}
    </Popover>
  );
}

export function BrandChip({ draft, model }: { readonly draft: Draft; readonly model: SizedModelOffer }) {
  if (!model.takesBrands) return null;
  return (
    <ListChip
      label={words.brand}
      none={words.noBrand}
      empty={words.noBrands}
      chosen={draft.brandId}
      load={brands}
      onChoose={(brand) => changeDraft({ brandId: brand?.id })}
    />
  );
}

export function PackChip({ draft, model }: { readonly draft: Draft; readonly model: SizedModelOffer }) {
  if (model.referencesMax === 0) return null;
  return (
    <ListChip
      label={words.pack}
      none={words.noPack}
      empty={words.noPacks}
      chosen={draft.packId}
      load={packs}
      onChoose={(pack) => changeDraft({ packId: pack?.id })}
    />
  );
}

export function TemplateChip({ draft }: { readonly draft: Draft }) {
  const choose = (template: TemplateChoice | undefined) => {
    if (template) replaceDraft(draftOfTemplate(draft, template));
    else changeDraft({ templateId: undefined });
  };
  return (
    <ListChip
      label={words.template}
      none={words.noTemplate}
      empty={words.noTemplates}
      chosen={draft.templateId}
      load={templates}
      onChoose={choose}
    />
  );
}
