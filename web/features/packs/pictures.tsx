import { ArrowDown, ArrowUp, ImageOff, Trash2 } from "lucide-react";
import { type PackReference, useUploads } from "@/live/packs";
import { Choice } from "@/parts/choice";
import { Field } from "@/parts/field";
import { IconButton } from "@/parts/icon-button";
import { announce } from "@/parts/live-region";
import { packWords as words } from "@/words/shelf";
import { withMoved } from "./form";

interface Props {
  readonly references: readonly PackReference[];
  readonly onChange: (references: readonly PackReference[]) => void;
}

/** The pictures in the order in which the model sees them. */
export function Pictures({ references, onChange }: Props) {
  const { value: uploads = [] } = useUploads();
  const change = (at: number, fields: Partial<PackReference>) =>
    onChange(references.map((each, index) => (index === at ? { ...each, ...fields } : each)));
  const move = (at: number, by: -1 | 1) => {
    const moved = withMoved(references, at, by);
    if (moved === references) return;
    onChange(moved);
    announce(words.moved(at + by + 1));
  };
  return (
    <ol aria-label={words.pictures} className="flex flex-col gap-2">
      {references.map((reference, at) => {
        const address = uploads.find(({ path }) => path === reference.path)?.thumbnail_url;
        return (
          <li
            key={reference.path}
            className="flex flex-wrap items-center gap-3 rounded-panel border border-line p-2"
            onKeyDown={(event) => {
              const by = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : undefined;
              if (!event.altKey || !by) return;
              event.preventDefault();
              move(at, by);
            }}
          >
            <span className="relative grid size-24 shrink-0 place-items-center overflow-hidden rounded-picture bg-sunken">
              {address ? (
                <img
                  src={address}
                  alt={reference.caption || words.picture(at + 1)}
                  className="size-full object-cover"
                />
              ) : (
                <ImageOff size={18} aria-hidden className="text-text3" />
              )}
              <span className="absolute start-1 top-1 rounded-full bg-scrim px-1.5 text-meta text-white tabular-nums">
                {at + 1}
              </span>
            </span>
            <div className="flex min-w-40 grow flex-col gap-2">
              <Choice
                label={words.mode}
                value={reference.mode}
                options={(["style_only", "style_and_composition"] as const).map((mode) => ({
                  value: mode,
                  label: words.modes[mode],
                }))}
                onChange={(mode) => change(at, { mode: mode as PackReference["mode"] })}
              />
              <Field
                label={words.caption}
                hidesLabel
                placeholder={words.caption}
                maxLength={500}
                value={reference.caption ?? ""}
                onChange={(event) => change(at, { caption: event.target.value })}
              />
            </div>
            <IconButton label={words.earlier} disabled={at === 0} onClick={() => move(at, -1)}>
              <ArrowUp size={16} aria-hidden />
            </IconButton>
            <IconButton
              label={words.later}
              disabled={at === references.length - 1}
              onClick={() => move(at, 1)}
            >
              <ArrowDown size={16} aria-hidden />
            </IconButton>
            <IconButton label={words.remove} onClick={() => onChange(references.toSpliced(at, 1))}>
              <Trash2 size={16} aria-hidden />
            </IconButton>
          </li>
        );
      })}
    </ol>
  );
}
