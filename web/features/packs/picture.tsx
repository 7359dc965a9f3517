import { ArrowDown, ArrowUp, Trash2 } from "lucide-react";
import type { PackReference } from "@/live/packs";
import { useUpload } from "@/live/uploads";
import { AddPictures } from "@/parts/add-pictures";
import { Choice } from "@/parts/choice";
import { Field } from "@/parts/field";
import { IconButton } from "@/parts/icon-button";
import { UploadPicture } from "@/parts/upload-picture";
import { packWords as words } from "@/words/shelf";

interface Props {
  readonly reference: PackReference;
  /** Its place, from 0. */
  readonly at: number;
  readonly isLast: boolean;
  readonly onMove: (by: -1 | 1) => void;
  readonly onChange: (fields: Partial<PackReference>) => void;
  readonly onRemove: () => void;
  /** Whether a picture may be put here. */
  readonly takes: (path: string) => boolean;
}

const MODES = ["style_only", "style_and_composition"] as const;

export function Picture({ reference, at, isLast, onMove, onChange, onRemove, takes }: Props) {
  const { path, mode, caption } = reference;
  const n = at + 1;
  const isMissing = useUpload(path) === null;
  return (
    <li
      className="flex flex-wrap items-center gap-3 rounded-panel border border-line p-2"
      onKeyDown={(event) => {
        const by = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : undefined;
        if (!event.altKey || !by) return;
        event.preventDefault();
        onMove(by);
      }}
    >
      <span className="relative size-24 shrink-0 overflow-hidden rounded-picture bg-sunken">
        <UploadPicture path={path} alt={caption || words.picture(n)} />
        <span className="absolute start-1 top-1 rounded-full bg-scrim px-1.5 text-meta text-white tabular-nums">
          {n}
        </span>
      </span>
      <div className="flex min-w-40 grow flex-col gap-2">
        {isMissing && (
          <>
            <p className="text-control text-bad">{words.missing}</p>
            <AddPictures
              label={words.replace}
              count={0}
              max={1}
              full=""
              onAdd={([instead]) => instead && takes(instead) && onChange({ path: instead })}
            />
          </>
        )}
        <Choice
          label={words.mode}
          value={mode}
          options={MODES.map((value) => ({ value, label: words.modes[value] }))}
          onChange={(to) => onChange({ mode: to as PackReference["mode"] })}
        />
        <Field
          label={words.caption}
          hidesLabel
          placeholder={words.caption}
          maxLength={500}
          value={caption ?? ""}
          onChange={(event) => onChange({ caption: event.target.value })}
        />
      </div>
      <IconButton label={words.earlier(n)} disabled={at === 0} onClick={() => onMove(-1)}>
        <ArrowUp size={16} aria-hidden />
      </IconButton>
      <IconButton label={words.later(n)} disabled={isLast} onClick={() => onMove(1)}>
        <ArrowDown size={16} aria-hidden />
      </IconButton>
      <IconButton label={words.remove(n)} onClick={onRemove}>
        <Trash2 size={16} aria-hidden />
      </IconButton>
    </li>
  );
}
