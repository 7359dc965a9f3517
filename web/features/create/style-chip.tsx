"use client";
import { useState } from "react";
import type { Catalog } from "@/live/catalog";
import { cx } from "@/parts/cx";
import { Popover } from "@/parts/popover";
import { create as words } from "@/words/create";
import { Chip } from "./chip";
import type { Draft } from "./draft";
import { changeDraft } from "./use-draft";

/** Styles as pictures of one and the same prompt; one without a picture shows its title alone. */
export function StyleChip({ draft, catalog }: { readonly draft: Draft; readonly catalog: Catalog }) {
  const chosen = catalog.styles.find(({ id }) => id === draft.styleId);
  if (catalog.styles.length === 0) return null;
  return (
    <Popover
      label={words.style}
      className="w-80"
      trigger={
        <Chip isSet={Boolean(chosen)} aria-label={`${words.style}: ${chosen?.title ?? words.noStyle}`}>
          {chosen?.title ?? words.style}
        </Chip>
      }
    >
      <div role="radiogroup" aria-label={words.style} className="grid grid-cols-3 gap-1">
        <StyleOption title={words.noStyle} isChosen={!chosen} onChoose={() => choose(undefined)} />
        {catalog.styles.map(({ id, title }) => (
          <StyleOption
            key={id}
            id={id}
            title={title}
            isChosen={id === draft.styleId}
            onChoose={() => choose(id)}
          />
        ))}
      </div>
    </Popover>
  );
}

function choose(styleId: string | undefined): void {
  changeDraft({ styleId });
}

interface OptionProps {
  readonly id?: string;
  readonly title: string;
  readonly isChosen: boolean;
  readonly onChoose: () => void;
}

function StyleOption({ id, title, isChosen, onChoose }: OptionProps) {
  const [hasPicture, setHasPicture] = useState(id !== undefined);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a button that looks as the others do, in a radiogroup
    <button
      type="button"
      role="radio"
      aria-checked={isChosen}
      onClick={onChoose}
      className={cx(
        "flex flex-col gap-1 rounded-control p-1 text-meta",
        isChosen ? "bg-tint text-accent-text outline-2 outline-accent-text" : "text-text2 hover:bg-hover",
      )}
    >
      <span className="flex aspect-square w-full items-center justify-center overflow-hidden rounded-picture bg-sunken">
        {hasPicture && (
          <img
            src={`/styles/${id}.webp`}
            alt=""
            width={96}
            height={96}
            loading="lazy"
            onError={() => setHasPicture(false)}
            className="size-full object-cover"
          />
        )}
      </span>
      <span className="w-full truncate text-center">{title}</span>
    </button>
  );
}
