import { ChevronDown, Image, Star, Video } from "lucide-react";
import { modelsOf, useCatalog } from "@/live/catalog";
import { Button } from "@/parts/button";
import { Field } from "@/parts/field";
import { LazyPopover as Popover } from "@/parts/lazy-popover";
import { library as words } from "@/words/library";
import { Chip, OpenChip } from "./chip";
import { type Address, CLEARED, type Status } from "./filters";

export interface FiltersProps {
  readonly address: Address;
  readonly go: (change: Partial<Address>, how?: "push" | "replace") => void;
  /** Tags of what is on the shelf. */
  readonly tags: readonly string[];
}

const STATUSES: readonly Status[] = ["completed", "failed", "cancelled", "processing", "queued"];

export function FilterChips(props: FiltersProps) {
  const { address, go } = props;
  const { kind, favourite, tag, status, model, from, to } = address;
  return (
    <>
      <Chip isOn={kind === "image"} onClick={() => go({ kind: kind === "image" ? undefined : "image" })}>
        <Image size={16} aria-hidden /> {words.image}
      </Chip>
      <Chip isOn={kind === "video"} onClick={() => go({ kind: kind === "video" ? undefined : "video" })}>
        <Video size={16} aria-hidden /> {words.video}
      </Chip>
      <Chip isOn={favourite} onClick={() => go({ favourite: !favourite })} aria-label={words.favourites}>
        <Star size={16} aria-hidden fill={favourite ? "currentColor" : "none"} />
      </Chip>
      <Popover
        label={words.tag}
        trigger={
          <OpenChip isOn={Boolean(tag)}>
            {tag ?? words.tag} <ChevronDown size={14} aria-hidden />
          </OpenChip>
        }
      >
        <Tags {...props} />
      </Popover>
      <Popover
        label={words.more}
        trigger={
          <OpenChip isOn={status !== "completed" || Boolean(model || from || to)}>
            {words.more} <ChevronDown size={14} aria-hidden />
          </OpenChip>
        }
      >
        <MoreFilters {...props} />
      </Popover>
    </>
  );
}

export function Tags({ address, go, tags }: FiltersProps) {
  if (tags.length === 0 && !address.tag) return <p className="p-2 text-control text-text2">{words.noTags}</p>;
  const all = address.tag && !tags.includes(address.tag) ? [address.tag, ...tags] : tags;
  return (
    <div className="flex max-w-72 flex-wrap gap-1.5 p-1">
      {all.map((tag) => (
        <Chip
          key={tag}
          isOn={tag === address.tag}
          onClick={() => go({ tag: tag === address.tag ? undefined : tag })}
        >
          {tag}
        </Chip>
      ))}
    </div>
  );
}

export function MoreFilters({ address, go }: FiltersProps) {
  const { value: catalog } = useCatalog();
  const models = catalog ? [...modelsOf(catalog, "image"), ...modelsOf(catalog, "video")] : [];
  return (
    <div className="flex w-64 flex-col gap-3 p-2 max-tablet:w-full">
      <fieldset className="flex flex-wrap gap-1.5">
        <legend className="mb-1 text-control text-text2">{words.status}</legend>
        {STATUSES.map((status) => (
          <Chip key={status} isOn={address.status === status} onClick={() => go({ status })}>
            {words.statuses[status]}
          </Chip>
        ))}
      </fieldset>
      <label className="flex flex-col gap-1 text-control text-text2">
        {words.model}
        <select
          className="h-control rounded-control border border-control bg-bg px-2 text-body text-text"
          value={address.model ?? ""}
          onChange={({ target }) => go({ model: target.value || undefined })}
        >
          <option value="">{words.anyModel}</option>
          {models.map(({ id, title }) => (
            <option key={id} value={id}>
              {title}
            </option>
          ))}
        </select>
      </label>
      <Day label={words.from} value={address.from} onChange={(from) => go({ from })} />
      <Day label={words.to} value={address.to} onChange={(to) => go({ to })} />
    </div>
  );
}

interface DayProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly onChange: (day: string | undefined) => void;
}

export function Day({ label, value, onChange }: DayProps) {
  return (
    <Field
      type="date"
      label={label}
      value={value ?? ""}
      onChange={({ target }) => onChange(target.value || undefined)}
    />
  );
}

export function ClearButton({ go }: Pick<FiltersProps, "go">) {
  return <Button onClick={() => go(CLEARED)}>{words.clear}</Button>;
}
